"""An application's pool, and a checker that uses it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar

from dephealth import (
    ConfigurationError,
    Dependency,
    Endpoint,
    PooledChecker,
    option,
)

from ._fakes import dependency


class Pool:
    """An object of the application."""

    def __init__(self, host: str = "pool.svc", port: str = "7") -> None:
        self.host = host
        self.port = port
        self.loop: asyncio.AbstractEventLoop | None = None
        self.error: Exception | None = None
        self.asked = 0


@dataclass(frozen=True, kw_only=True)
class PoolChecker(PooledChecker):
    """Asks a `Pool`."""

    type: ClassVar[str] = "pool"

    pool: Any = option(None, help="the pool", kind=object)

    def verify(self, source: Any) -> None:
        if not isinstance(source, Pool):
            raise ConfigurationError(f"pool= is no Pool: {type(source).__name__}")

    def locate(self, source: Any) -> tuple[str, str]:
        return source.host, source.port

    def loop_of(self, source: Any) -> asyncio.AbstractEventLoop | None:
        loop: asyncio.AbstractEventLoop | None = source.loop
        return loop

    async def check(self, endpoint: Endpoint) -> None:
        pool = self.borrow()
        pool.asked += 1
        if pool.error is not None:
            raise pool.error


def pooled(source: object, name: str = "db", **policy: float) -> Dependency:
    return dependency(PoolChecker(pool=source), name, endpoints=[], labels=None, **policy)


class Gives:
    """A callable that gives one thing after the other, and the last one for ever.

    An exception is raised.
    """

    def __init__(self, *things: Any) -> None:
        self.things = list(things)

    def __call__(self) -> Any:
        thing = self.things.pop(0) if len(self.things) > 1 else self.things[0]
        if isinstance(thing, BaseException):
            raise thing
        return thing
