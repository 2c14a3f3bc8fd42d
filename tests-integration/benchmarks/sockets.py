"""Thousands of real connections a second."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry

from dephealth import Dependency, Endpoint
from dephealth.api import DependencyHealth
from dephealth_tcp import TCPChecker

from .disturbance import quietest
from .peers import accepting
from .row import Row
from .scheduling import INTERVAL, TIMEOUT, lateness, percentile

SECTION = "Real connections"


class Recording:
    """A TCP checker that remembers when its checks have started, and how many have failed."""

    failures = 0

    def __init__(self, starts: list[float]) -> None:
        self._starts = starts
        self._checker = TCPChecker()

    async def check(self, endpoint: Endpoint) -> None:
        """As TCP's."""
        self._starts.append(time.perf_counter())
        Recording.failures += 1
        await self._checker.check(endpoint)
        Recording.failures -= 1


async def tcp(count: int = 4000, seconds: float = 60.0) -> list[Row]:
    """Thousands of TCP endpoints at one second, in one process."""
    starts: dict[int, list[float]] = defaultdict(list)
    quiet = logging.getLogger("benchmarks.quiet")
    quiet.disabled = True  # it warns of each pair of dependencies at one address
    with accepting() as port:
        health = DependencyHealth(
            "bench",
            "bench",
            *(
                Dependency(
                    name=f"dep-{number}",
                    type="tcp",
                    checker=Recording(starts[number]),
                    critical=True,
                    endpoints=[Endpoint("127.0.0.1", str(port))],
                )
                for number in range(count)
            ),
            check_interval=INTERVAL,
            timeout=TIMEOUT,
            registry=CollectorRegistry(),
            log=quiet,
        )
        before = _sockets()
        await health.start()
        while not all(status.last_checked_at for status in health.health_details().values()):
            await asyncio.sleep(0.1)

        async def run() -> list[Row]:
            await asyncio.sleep(2 * INTERVAL)  # the checks that were late because of what was done
            return await _watched(health, starts, before, seconds)

        rows, chosen = await quietest(run)
        await health.stop()
    return [row._replace(beside=str(chosen)) if row.unit == "ms" else row for row in rows]


async def _watched(
    health: DependencyHealth, starts: Mapping[int, list[float]], before: int, seconds: float
) -> list[Row]:
    """The rows of so many seconds; there were *before* sockets before the checks."""
    for times in starts.values():
        times.clear()
    most_open, Recording.failures = 0, 0
    used, begun = time.process_time(), time.perf_counter()
    while time.perf_counter() < begun + seconds:
        await asyncio.sleep(INTERVAL / 2)
        most_open = max(most_open, _sockets() - before)
    elapsed = time.perf_counter() - begun
    share = (time.process_time() - used) / elapsed
    failures = max(Recording.failures, list(health.health().values()).count(False))
    late = lateness(list(starts.values()))
    missing = sum(max(0, int(elapsed / INTERVAL) - len(times)) for times in starts.values())
    what = f"{len(starts):,} TCP endpoints at 1 s for {seconds:.0f} s: "
    return [
        Row(SECTION, f"{what}checks that were not made", missing, 0),
        Row(SECTION, f"{what}99 % start late by at most", percentile(late, 99) * 1e3, 100, "ms"),
        Row(SECTION, f"{what}failures that were none", failures, 0),
        Row(SECTION, f"{what}sockets open at once", most_open, 399),
        Row(SECTION, f"{what}load of one core", share * 100, 100, "%"),
    ]


def _sockets() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


ALL: dict[str, Callable[[], Awaitable[list[Row]]]] = {"sockets": tcp}
