"""Dependencies whose state a test decides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from dephealth import Dependency, Endpoint, EndpointState, Target
from dephealth.api import DependencyHealth

BOUND = 10.0

Checked = Callable[..., Awaitable[DependencyHealth]]


class Checker:
    """Finds what the host's name says: ``up``, ``down`` or nothing, for ever."""

    async def check(self, endpoint: Endpoint) -> None:
        """Do as the host is called."""
        if endpoint.host.startswith("down"):
            raise ConnectionRefusedError
        if endpoint.host.startswith("unknown"):
            await asyncio.Event().wait()


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


@pytest.fixture
async def checked() -> AsyncIterator[Checked]:
    """Give a function that starts an object and waits for its results.

    ``await checked(db="up down", cache="optional unknown")``: a dependency for
    each keyword, its endpoints in these states, critical unless optional.
    """
    started: list[DependencyHealth] = []

    async def check(**states: str) -> DependencyHealth:
        declared = [_dependency(name, words.split()) for name, words in states.items()]
        results = Results()
        health = DependencyHealth("orders", "shop", *declared, exporters=[results])
        await health.start()
        started.append(health)
        words = " ".join(states.values()).split()
        for _ in range(words.count("up") + words.count("down")):
            await asyncio.wait_for(results.queue.get(), BOUND)
        return health

    yield check
    for health in started:
        await health.stop()


def _dependency(name: str, words: list[str]) -> Dependency:
    hosts = [word for word in words if word != "optional"]
    return Dependency(
        name=name,
        type="fake",
        checker=Checker(),
        endpoints=[Endpoint(f"{host}-{number}", "1") for number, host in enumerate(hosts)],
        critical="optional" not in words,
    )
