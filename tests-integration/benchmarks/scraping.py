"""What a scrape costs."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from dephealth import Status
from dephealth.api import DependencyHealth
from dephealth_prometheus import render
from dephealth_web import asgi_app

from .measure import ratio_of
from .row import Row
from .scheduling import INTERVAL, TIMEOUT, Punctual, dependencies, endpoints, lateness

SECTION = "Scrapes"
_LABELS = ["name", "group", "dependency", "type", "host", "port", "critical"]
_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)
_SAMPLES = 21
without_created: Callable[[], None] = disable_created_metrics


async def scrape(count: int = 1000, pairs: int = 15) -> list[Row]:
    """The text of many endpoints beside that of prometheus_client's own metrics."""
    ours = CollectorRegistry()
    health = DependencyHealth("bench", "bench", *dependencies(Punctual(), count), registry=ours)
    await health.start()
    while not all(status.last_checked_at for status in health.health_details().values()):
        await asyncio.sleep(0.05)
    await health.stop()
    own = _own_metrics(count)
    assert len(generate_latest(own).splitlines()) == len(render(ours).splitlines())
    costs = [
        (_seconds(lambda: render(ours)), _seconds(lambda: generate_latest(own)))
        for _ in range(pairs)
    ]
    ratio = ratio_of(costs)
    each = 1e6 / count / _SAMPLES
    return [
        Row(
            SECTION,
            "render(registry) as a multiple of prometheus_client's own metrics",
            ratio.median,
            1 / 3,
            beside=f"{ratio.low:.3f} to {ratio.high:.3f}; {ratio.ours * each:.2f} µs beside "
            f"{ratio.bare * each:.2f} µs a sample",
        )
    ]


def _own_metrics(count: int) -> CollectorRegistry:
    """The same samples as prometheus_client keeps them."""
    without_created()  # they would be more samples than ours
    registry = CollectorRegistry()
    health = Gauge("app_dependency_health", "x", _LABELS, registry=registry)
    latency = Histogram(
        "app_dependency_latency_seconds", "x", _LABELS, registry=registry, buckets=_BUCKETS
    )
    status = Gauge("app_dependency_status", "x", [*_LABELS, "status"], registry=registry)
    detail = Gauge("app_dependency_status_detail", "x", [*_LABELS, "detail"], registry=registry)
    for number, endpoint in enumerate(endpoints(count)):
        labels = ("bench", "bench", f"dep-{number}", "idle", endpoint.host, endpoint.port, "yes")
        health.labels(*labels).set(1)
        latency.labels(*labels).observe(0.0001)
        for each in Status:
            status.labels(*labels, str(each)).set(each is Status.OK)
        detail.labels(*labels, "ok").set(1)
    return registry


def _seconds(call: Callable[[], object]) -> float:
    gc.collect()
    before = time.process_time()
    call()
    return time.process_time() - before


async def during_checks(count: int = 5000, scrapes: int = 10) -> list[Row]:
    """Scrapes by the ASGI application of a service whose checks go on in the same loop."""
    registry = CollectorRegistry()
    checker = Punctual()
    health = DependencyHealth(
        "bench",
        "bench",
        *dependencies(checker, count),
        check_interval=INTERVAL,
        timeout=TIMEOUT,
        registry=registry,
    )
    await health.start()
    application = asgi_app(health, registry)
    while not all(status.last_checked_at for status in health.health_details().values()):
        await asyncio.sleep(0.05)
    await asyncio.sleep(2 * INTERVAL)
    # A full collection walks all that the endpoints are made of, and would come in either part.
    gc.collect()
    gc.freeze()
    await asyncio.sleep(INTERVAL)  # the checks that it has made late
    checker.starts.clear()
    await asyncio.sleep(3 * INTERVAL)
    calm = max(lateness(list(checker.starts.values())))
    checker.starts.clear()
    held = 0.0
    for _ in range(scrapes):
        scrape = _Held(_get_metrics(application))
        size = await scrape
        held = max(held, scrape.longest)
        await asyncio.sleep(0.3)
    await health.stop()
    late = max(lateness(list(checker.starts.values())))
    return [
        Row(
            SECTION,
            f"{count:,} endpoints scraped while checks run: a check is late by that by at most",
            held * 1e3,
            20,
            "ms",
            "the longest time for which it holds the event loop; the latest check by "
            f"{late * 1e3:.0f} ms, {calm * 1e3:.0f} ms without scrapes; {size / 1e6:.1f} MB each",
        )
    ]


class _Held:
    """Awaits *work*, and tells the longest time in seconds for which that has held the loop.

    Collections of garbage do not count: they come at some time, whoever runs then.
    """

    def __init__(self, work: Coroutine[Any, Any, int]) -> None:
        self._work = work
        self._begun = 0.0
        self.longest = 0.0

    def __await__(self) -> Generator[Any, Any, int]:
        gc.callbacks.append(self._on_collection)
        try:
            while True:
                self._begun = time.perf_counter()
                try:
                    step = self._work.send(None)
                finally:
                    self.longest = max(self.longest, time.perf_counter() - self._begun)
                yield step
        except StopIteration as done:
            result: int = done.value
            return result
        finally:
            gc.callbacks.remove(self._on_collection)

    def _on_collection(self, phase: str, _info: dict[str, int]) -> None:
        now = time.perf_counter()
        self._begun += -now if phase == "start" else now


async def _get_metrics(application: Any) -> int:
    size = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: dict[str, Any]) -> None:
        nonlocal size
        size += len(message.get("body", b""))

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/metrics",
        "query_string": b"",
        "headers": [(b"accept-encoding", b"gzip")],  # as Prometheus does
    }
    await application(scope, receive, send)
    return size


ALL: dict[str, Callable[[], Awaitable[list[Row]]]] = {
    "scrape": scrape,
    "scrape-during-checks": during_checks,
}
