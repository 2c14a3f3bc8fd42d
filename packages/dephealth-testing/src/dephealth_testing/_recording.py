"""An exporter that remembers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dephealth import EndpointState, Target


@dataclass(frozen=True)
class Recorded:
    """One result, as exporters are told it."""

    at: float
    """On the clock of the loop of the checks."""
    target: Target
    state: EndpointState

    @property
    def detail(self) -> str:
        """What this check came to: `ok`, `timeout`, `connection_refused` …."""
        return self.state.last.outcome.detail if self.state.last is not None else ""


class RecordingExporter:
    """Remembers all that an exporter is told: `DependencyHealth(…, exporters=[recorder])`."""

    def __init__(self) -> None:
        self.added: list[Target] = []
        self.removed: list[Target] = []
        self.results: list[Recorded] = []
        self._news = asyncio.Event()

    def on_added(self, target: Target) -> None:
        """Remember *target*."""
        self.added.append(target)

    def on_result(self, target: Target, state: EndpointState) -> None:
        """Remember the result."""
        self.results.append(Recorded(asyncio.get_running_loop().time(), target, state))
        self._news.set()

    def on_removed(self, target: Target) -> None:
        """Remember *target*."""
        self.removed.append(target)

    def details(self, dependency: str | None = None) -> list[str]:
        """Give what each check of *dependency*, or of all, came to."""
        return [result.detail for result in self._of(dependency)]

    async def until(self, number: int, dependency: str | None = None, within: float = 60.0) -> None:
        """Wait for so many results of *dependency*, or of all.

        Args:
            number: How many, from the first one on.
            dependency: Its name.
            within: Seconds from one result to the next, on the running loop,
                which must be that of the checks.

        Raises:
            TimeoutError: They do not come.
        """
        while len(self._of(dependency)) < number:
            self._news.clear()
            async with asyncio.timeout(within):
                await self._news.wait()

    def _of(self, dependency: str | None) -> list[Recorded]:
        return [
            result
            for result in self.results
            if dependency is None or result.target.dependency == dependency
        ]
