"""Checks that run, and what they see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from dephealth import Dependency, Endpoint, EndpointState, Exporter, Target
from dephealth.api import DependencyHealth

BOUND = 10.0

Step = Callable[[], Awaitable[object]]


class Checker:
    """Takes a step in each check, and the last one for ever."""

    def __init__(self, *steps: Step) -> None:
        self._steps = steps
        self.checks = 0

    async def check(self, endpoint: Endpoint) -> None:
        """Take the next step."""
        self.checks += 1
        await self._steps[min(self.checks, len(self._steps)) - 1]()


class Results:
    """An exporter that lets a test wait for results."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Target] = asyncio.Queue()

    def on_added(self, target: Target) -> None:
        """Ignore it."""

    def on_result(self, target: Target, state: EndpointState) -> None:
        """Let one wait end."""
        self.queue.put_nowait(target)

    def on_removed(self, target: Target) -> None:
        """Ignore it."""

    async def come(self, number: int) -> None:
        """Wait for so many results."""
        for _ in range(number):
            await asyncio.wait_for(self.queue.get(), BOUND)


@asynccontextmanager
async def running(
    checker: Checker, *exporters: Exporter, endpoint: Endpoint | None = None
) -> AsyncIterator[tuple[DependencyHealth, Results]]:
    """Check one endpoint each second, and tell *exporters*."""
    dependency = Dependency(
        name="orders-db",
        type="fake",
        checker=checker,
        endpoints=[endpoint or Endpoint("db.svc", "5432")],
        critical=True,
    )
    results = Results()
    health = DependencyHealth(
        "orders",
        "shop",
        dependency,
        exporters=[*exporters, results],
        check_interval=1,
        timeout=0.5,
    )
    await health.start()
    try:
        yield health, results
    finally:
        await health.stop()
