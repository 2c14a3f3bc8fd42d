"""All subjects side by side in one object, with all that is found of them."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from dephealth import EndpointState, Exporter, Target
from dephealth.api import Dependency, DependencyHealth

from .asking import TIMEOUT
from .subjects import Subject
from .target import Target as Place

INTERVAL = 1.0
BOUND = 60.0
"""Seconds until a wait for what must happen has failed."""


@dataclass(frozen=True)
class Sight:
    """One result."""

    at: float
    status: str
    detail: str
    latency: float


class Watched:
    """What becomes of the subjects: an exporter of the object that checks them."""

    health: DependencyHealth

    def __init__(self) -> None:
        self.sights: dict[str, list[Sight]] = {}
        self.dependencies: dict[str, Dependency] = {}
        self._news = asyncio.Event()

    def on_result(self, target: Target, state: EndpointState) -> None:
        """Remember it."""
        assert state.last is not None
        outcome = state.last.outcome
        sight = Sight(time.monotonic(), str(outcome.status), outcome.detail, state.last.latency)
        self.sights.setdefault(target.dependency, []).append(sight)
        self._news.set()

    def on_added(self, target: Target) -> None:
        """Nothing is kept of that."""

    def on_removed(self, target: Target) -> None:
        """Nothing is removed."""

    def since(self, name: str, moment: float) -> Sequence[Sight]:
        """What was found of a dependency after *moment*."""
        return [sight for sight in self.sights.get(name, ()) if sight.at > moment]

    async def until(self, name: str, moment: float, accept: Callable[[Sight], bool]) -> Sight:
        """The first thing found after *moment* that *accept* takes.

        Raises:
            AssertionError: There is none in time.
        """
        try:
            async with asyncio.timeout(BOUND):
                while True:
                    for sight in self.since(name, moment):
                        if accept(sight):
                            return sight
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{name}: {self.since(name, moment)}") from None


def name_of(subject: Subject) -> str:
    """The subject as a name of a dependency."""
    return re.sub("[^a-z]+", "-", subject.key.lower())


@asynccontextmanager
async def watching(
    places: Mapping[Subject, Place], *, exporters: Sequence[Exporter] = (), **options: Any
) -> AsyncIterator[Watched]:
    """Check every subject again and again; begins when each has its first result."""
    async with AsyncExitStack() as stack:
        watched = Watched()
        for subject, place in places.items():
            dependency = await stack.enter_async_context(subject.open(place, warm=True))
            name = name_of(subject)
            watched.dependencies[name] = replace(dependency, name=name)
        health = DependencyHealth(
            "matrix",
            "tests",
            *watched.dependencies.values(),
            check_interval=INTERVAL,
            timeout=TIMEOUT,
            exporters=[watched, *exporters],
            **options,
        )
        watched.health = health
        await health.start()
        stack.push_async_callback(health.stop)
        for name in watched.dependencies:
            await watched.until(name, 0.0, lambda _: True)
        yield watched
