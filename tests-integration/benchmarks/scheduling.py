"""What the library itself costs: scheduling, deadlines, state, export."""

from __future__ import annotations

import asyncio
import gc
import math
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from prometheus_client import CollectorRegistry

from dephealth import Checker, Dependency, Endpoint
from dephealth.api import DependencyHealth
from dephealth_prometheus import PrometheusExporter

from .disturbance import quietest
from .measure import ratio_of
from .row import Row, ratio_row

SECTION = "The library's own cost"
INTERVAL = 1.0
TIMEOUT = 0.9
_PORTS = 60_000


@dataclass(frozen=True, kw_only=True)
class Idle(Checker):
    """Does nothing, or lets the loop turn once."""

    type: ClassVar[str] = "idle"
    turns: bool = False

    async def check(self, endpoint: Endpoint) -> None:
        """Return."""
        if self.turns:
            await asyncio.sleep(0)


class Punctual(Checker):
    """Remembers when each of its checks has started."""

    type: ClassVar[str] = "punctual"

    def __init__(self) -> None:
        self.starts: dict[Endpoint, list[float]] = {}

    async def check(self, endpoint: Endpoint) -> None:
        """Return."""
        self.starts.setdefault(endpoint, []).append(time.perf_counter())


def endpoints(count: int, host: str = "10.{}.0.1") -> Iterator[Endpoint]:
    """Endpoints that differ."""
    for number in range(count):
        yield Endpoint(host.format(number // _PORTS), str(number % _PORTS + 1))


def dependencies(checker: Checker, count: int) -> list[Dependency]:
    """As many dependencies of one endpoint each."""
    return [
        Dependency(
            name=f"dep-{number}",
            type=checker.type,
            checker=checker,
            critical=True,
            endpoints=[endpoint],
        )
        for number, endpoint in enumerate(endpoints(count))
    ]


@asynccontextmanager
async def watched(checker: Checker, count: int) -> AsyncIterator[DependencyHealth]:
    """*count* endpoints, checked each second and exported; entered once all were checked."""
    registry = CollectorRegistry()
    health = DependencyHealth(
        "bench",
        "bench",
        *dependencies(checker, count),
        check_interval=INTERVAL,
        timeout=TIMEOUT,
        exporters=[PrometheusExporter(registry)],
    )
    await health.start()
    while not all(each.last_checked_at for each in health.health_details().values()):
        await asyncio.sleep(0.1)
    await asyncio.sleep(INTERVAL)
    try:
        yield health
    finally:
        await health.stop()


@asynccontextmanager
async def bare(checker: Checker, count: int) -> AsyncIterator[None]:
    """The same work by a loop for each endpoint: sleep, set a timeout, call."""

    async def rounds(endpoint: Endpoint, due: float) -> None:
        while True:
            due += INTERVAL
            await asyncio.sleep(due - time.perf_counter())
            async with asyncio.timeout(TIMEOUT):
                await checker.check(endpoint)

    now = time.perf_counter()
    tasks = [
        asyncio.create_task(rounds(endpoint, now + number / count))
        for number, endpoint in enumerate(endpoints(count))
    ]
    await asyncio.sleep(2 * INTERVAL)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def busy(seconds: float) -> float:
    """The share of one core that this process uses for so long."""
    gc.collect()
    started, used = time.perf_counter(), time.process_time()
    await asyncio.sleep(seconds)
    return (time.process_time() - used) / (time.perf_counter() - started)


async def own_cost(count: int = 1000, pairs: int = 7, seconds: float = 3.0) -> list[Row]:
    """CPU of a check that does nothing, exported, beside a bare loop of tasks."""
    rows = []
    for turns, what in ((False, "a check that does nothing"), (True, "a check that waits once")):
        checker = Idle(turns=turns)
        costs = []
        for _ in range(pairs):
            async with watched(checker, count):
                ours = await busy(seconds)
            async with bare(checker, count):
                costs.append((ours / count, await busy(seconds) / count))
        rows.append(
            ratio_row(
                SECTION, f"{what}, with Prometheus", "a bare loop of tasks", ratio_of(costs), 2.0
            )
        )
    return rows


async def many(count: int = 10_000, seconds: float = 20.0) -> list[Row]:
    """Ten thousand endpoints in one process: lateness, load and memory."""
    checker = Punctual()
    before = resident()
    async with watched(checker, count):
        gc.collect()
        memory = (resident() - before) / count
        share = await busy(seconds)

        async def run() -> list[float]:
            await asyncio.sleep(2 * INTERVAL)  # the checks that were late because of what was done
            checker.starts.clear()
            await asyncio.sleep(seconds)
            return lateness(list(checker.starts.values()))

        collected = await run()
        gc.collect()
        gc.freeze()
        late, chosen = await quietest(run)
        gc.unfreeze()
    flat = []
    for few in (100, count):
        async with watched(Idle(), few):
            flat.append(await busy(seconds / 2) / few)
    what = f"{count:,} endpoints at 1 s: "
    return [
        Row(
            SECTION,
            f"{what}99 % start late by at most",
            percentile(late, 99) * 1e3,
            50,
            "ms",
            "after `gc.freeze()`, as docs/checks.md has it for so many, "
            f"{chosen}; {percentile(collected, 99) * 1e3:.0f} ms with full collections",
        ),
        Row(SECTION, f"{what}load of one core", share * 100, 70, "%"),
        Row(SECTION, f"{what}memory of an endpoint", memory / 1024, 6, "KB"),
        Row(
            SECTION,
            f"cost of a check at {count:,} endpoints as a multiple of that at 100",
            flat[1] / flat[0],
            1.25,
            beside=f"{flat[1] * 1e6:.0f} µs and {flat[0] * 1e6:.0f} µs",
        ),
    ]


def lateness(starts: list[list[float]]) -> list[float]:
    """By how much each start of each endpoint came after its time.

    The time is told by the endpoint's most punctual start, as all of them are
    whole intervals apart; a start that is later than half an interval counts
    as one that comes early, and as missing where checks are counted.
    """
    late = []
    for times in starts:
        offsets = [
            moment - times[0] - round((moment - times[0]) / INTERVAL) * INTERVAL for moment in times
        ]
        punctual = min(offsets)
        late += [offset - punctual for offset in offsets]
    return late


def percentile(values: list[float], percent: float) -> float:
    """The value that *percent* of them do not exceed."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def resident() -> int:
    """Bytes of memory that this process uses."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def sync_mode(count: int = 1000, seconds: float = 3.0) -> list[Row]:
    """Threads that a thousand endpoints in sync mode take."""
    most = await asyncio.to_thread(_threads_beside, count, seconds)
    return [Row(SECTION, f"threads for {count:,} endpoints in sync mode", most, 1)]


def _threads_beside(count: int, seconds: float) -> int:
    before = threading.active_count()
    health = DependencyHealth(
        "bench",
        "bench",
        *dependencies(Idle(turns=True), count),
        check_interval=INTERVAL,
        timeout=TIMEOUT,
        exporters=[],
    )
    health.start_sync()
    most, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        most = max(most, threading.active_count() - before)
        time.sleep(0.01)
    assert all(each.last_checked_at for each in health.health_details().values())
    health.stop_sync()
    return most


ALL: dict[str, Callable[[], Awaitable[list[Row]]]] = {
    "own-cost": own_cost,
    "many": many,
    "sync-mode": sync_mode,
}
