"""Dependencies whose state a test decides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest

from dephealth import (
    Change,
    Dependency,
    Endpoint,
    EndpointHistory,
    EndpointState,
    EndpointStatus,
    RecentCheck,
    Target,
)
from dephealth.api import DependencyHealth
from dephealth_web._board import Board, grouped

BOUND = 10.0

NOON = datetime(2024, 5, 1, 12, 0, 0, tzinfo=UTC)

Checked = Callable[..., Awaitable[DependencyHealth]]
HistoryOf = Callable[..., EndpointHistory]
BoardOf = Callable[..., Board]


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


@pytest.fixture
def history_of() -> HistoryOf:
    """Give a function that makes the history of an endpoint, which is up unless told otherwise."""

    def history(
        name: str = "db",
        host: str = "db.svc",
        port: str = "5432",
        *,
        healthy: bool | None = True,
        outcome: str = "",
        critical: bool = True,
        labels: dict[str, str] | None = None,
        since: datetime | None = NOON,
        failures: int = 0,
        reason: str = "",
        changes: tuple[Change, ...] = (),
        recent: tuple[RecentCheck, ...] = (),
    ) -> EndpointHistory:
        usual = {True: "ok/ok", False: "timeout/timeout", None: "unknown/unknown"}[healthy]
        status, _, detail = (outcome or usual).partition("/")
        return EndpointHistory(
            status=EndpointStatus(
                healthy=healthy,
                status=status,
                detail=detail,
                latency=0.0125,
                type="postgres",
                name=name,
                host=host,
                port=port,
                critical=critical,
                last_checked_at=None if healthy is None else NOON,
                labels=labels or {},
            ),
            since=None if healthy is None else since,
            failures=failures,
            reason=reason,
            changes=changes,
            recent=recent,
        )

    return history


@pytest.fixture
def board_of() -> BoardOf:
    """Give a function that makes the board of these endpoints at noon."""

    def board(*histories: EndpointHistory, name: str = "orders", running: bool = True) -> Board:
        keyed = {f"{number}": history for number, history in enumerate(histories)}
        return Board(name, "shop", running, NOON, grouped(keyed))

    return board


def _dependency(name: str, words: list[str]) -> Dependency:
    hosts = [word for word in words if word != "optional"]
    return Dependency(
        name=name,
        type="fake",
        checker=Checker(),
        endpoints=[Endpoint(f"{host}-{number}", "1") for number, host in enumerate(hosts)],
        critical="optional" not in words,
    )
