"""Running objects for tests in real time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from dephealth import Dependency
from dephealth.api import DependencyHealth

from ._fakes import BOUND, Lines, Recorder


class Started:
    """An object and the exporter that it tells; not yet running."""

    def __init__(self, *specs: Dependency, **options: Any) -> None:
        self.exporter = Recorder()
        self.lines = Lines()
        exporters = [*options.pop("exporters", ()), self.exporter]
        self.health = DependencyHealth(
            "shop", "web", *specs, exporters=exporters, log=self.lines.log, **options
        )

    async def until(self, number: int = 1, name: str = "db") -> None:
        """Wait for so many results."""
        await asyncio.wait_for(self.exporter.until(number, name), BOUND)


@asynccontextmanager
async def started(*specs: Dependency, **options: Any) -> AsyncIterator[Started]:
    """Run one on this loop."""
    it = Started(*specs, **options)
    await it.health.start()
    try:
        yield it
    finally:
        await it.health.stop()


def tasks_left() -> set[asyncio.Task[Any]]:
    """The tasks of this loop beside the one that asks."""
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
