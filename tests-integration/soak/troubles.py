"""What goes wrong inside of the service itself, each for as long as its context lasts."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from dephealth.api import DependencyHealth, Endpoint, KafkaChecker, LdapChecker

from .complaints import Log

JUMP = timedelta(hours=1)
HUNG = 32
"""How many blocking checks hang side by side."""
_HOGS = 64
_RESERVED = 16

Evidence: TypeAlias = dict[str, Any]
"""What shows that the trouble was there."""


class Descriptors:
    """The lowest numbers, taken at the start, so that a limit below leaves none."""

    def __init__(self) -> None:
        self._taken = [os.dup(0) for _ in range(_RESERVED)]

    def close(self) -> None:
        """Give them back."""
        for number in self._taken:
            os.close(number)

    @property
    def limit(self) -> int:
        """Under this limit nothing more can be opened; what is open works."""
        return self._taken[_RESERVED // 2]


class Wall:
    """The time of day, which may jump."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        """What the clock shows."""
        return datetime.now(UTC) + self.offset


@dataclass
class Inside:
    """What the troubles need of the service."""

    health: DependencyHealth
    log: Log
    descriptors: Descriptors
    wall: Wall
    silent_port: int
    active: set[str] = field(default_factory=set)


@asynccontextmanager
async def _descriptors(inside: Inside) -> AsyncIterator[Evidence]:
    """Nothing more can be opened."""
    evidence: Evidence = {"nothing can be opened": False}
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (inside.descriptors.limit, hard))
    try:
        yield evidence
        try:
            os.close(os.dup(0))
        except OSError as exc:
            evidence["nothing can be opened"] = exc.errno == errno.EMFILE
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@asynccontextmanager
async def _executor(inside: Inside) -> AsyncIterator[Evidence]:
    """The application keeps every thread of the loop's default executor, and more would wait."""
    loop, over = asyncio.get_running_loop(), threading.Event()
    hogs = [loop.run_in_executor(None, over.wait) for _ in range(_HOGS)]
    try:
        yield {"no thread is free": True}
    finally:
        over.set()
        await asyncio.gather(*hogs)


@asynccontextmanager
async def _clock(inside: Inside) -> AsyncIterator[Evidence]:
    """The time of day jumps by an hour, and back."""
    evidence: Evidence = {"results have the jumped time": False}
    inside.wall.offset = JUMP
    try:
        yield evidence
        latest = max(
            status.last_checked_at
            for status in inside.health.health_details().values()
            if status.last_checked_at is not None
        )
        evidence["results have the jumped time"] = latest > datetime.now(UTC) + JUMP / 2
    finally:
        inside.wall.offset = timedelta()


@asynccontextmanager
async def _log(inside: Inside) -> AsyncIterator[Evidence]:
    """There is no space left where the log is."""
    evidence: Evidence = {"a line was lost": False}
    before = inside.log.lost
    inside.log.fill()
    try:
        yield evidence
        evidence["a line was lost"] = inside.log.lost > before
    finally:
        inside.log.empty()


@asynccontextmanager
async def _hung(inside: Inside) -> AsyncIterator[Evidence]:
    """Endpoints are added whose checks are blocking, and whose server never says anything."""
    makers: dict[str, Callable[[], Any]] = {"ldap": LdapChecker, "kafka": KafkaChecker}
    added = [(type, f"hung-{type}-{n}") for type in makers for n in range(HUNG // len(makers))]
    place = Endpoint("127.0.0.1", str(inside.silent_port))
    for type, name in added:
        await inside.health.add_endpoint(name, type, False, place, makers[type]())
    try:
        yield {"so many were added": len(added) == HUNG}
    finally:
        removed = (inside.health.remove_endpoint(name, place.host, place.port) for _, name in added)
        await asyncio.gather(*removed)


Trouble: TypeAlias = Callable[[Inside], AbstractAsyncContextManager[Evidence]]

TROUBLES: dict[str, Trouble] = {
    "descriptors": _descriptors,
    "executor": _executor,
    "clock": _clock,
    "log": _log,
    "hung": _hung,
}


class Underway:
    """The troubles of now."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside
        self._open: dict[str, tuple[AbstractAsyncContextManager[Evidence], Evidence]] = {}

    async def begin(self, name: str) -> float:
        """Let it set in; when it had."""
        self._inside.active.add(name)
        context = TROUBLES[name](self._inside)
        self._open[name] = context, await context.__aenter__()
        return time.monotonic()

    async def end(self, name: str) -> tuple[float, Evidence]:
        """Let it be over; when it was, and what shows that it was there."""
        context, evidence = self._open.pop(name)
        await context.__aexit__(None, None, None)
        self._inside.active.discard(name)
        return time.monotonic(), evidence
