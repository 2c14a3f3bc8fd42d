"""Pools and clients belong to one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import ClassVar

import pytest

from dephealth import (
    ConfigurationError,
    Endpoint,
)
from dephealth_testing import virtual_time

from ._fakes import BOUND, Bench, Scripted, dependency
from ._pools import Pool, PoolChecker, pooled
from ._started import Started, started


async def test_object_of_another_loop() -> None:
    """An object that is bound to another loop is refused at the start."""
    pool = Pool()
    pool.loop = asyncio.new_event_loop()
    pool.loop.close()
    it = Started(pooled(pool))
    with pytest.raises(ConfigurationError, match="dependency 'db': pool= is bound to another"):
        await it.health.start()

    assert not it.health.running


async def test_object_of_this_loop() -> None:
    """An object that is bound to the loop of the checks is used."""
    pool = Pool()
    pool.loop = asyncio.get_running_loop()
    async with started(pooled(pool)) as it:
        await it.until()

    assert pool.asked == 1


async def test_added_object_of_another_loop() -> None:
    """The same holds for an endpoint that is added."""
    pool = Pool()
    pool.loop = asyncio.new_event_loop()
    pool.loop.close()
    async with started() as it:
        with pytest.raises(ConfigurationError, match="bound to another event loop"):
            await it.health.add_endpoint(
                "db", "pool", True, Endpoint("h", "1"), PoolChecker(pool=pool)
            )

        assert it.health.health() == {}


@virtual_time
async def test_callable_with_an_object_of_another_loop() -> None:
    """An object that a callable gives is looked at, too: it is not touched."""
    pool = Pool()
    pool.loop = asyncio.new_event_loop()
    pool.loop.close()
    async with Bench(dependency(PoolChecker(pool=lambda: pool))) as bench:
        await bench.exporter.until(1)

        assert (bench.seconds(), pool.asked) == ([(0.0, "error")], 0)


def refused(it: Started, change: Callable[[], None]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        change()
    return str(caught.value)


def test_object_in_sync_mode() -> None:
    """A background loop refuses an object of the application's, and says what to do."""
    it = Started(pooled(Pool()))

    assert refused(it, it.health.start_sync) == (
        "dependency 'db': pool= belongs to an event loop, and start_sync() checks on one of "
        "its own: give a callable that makes it there, or url="
    )
    assert not it.health.running


def test_added_object_in_sync_mode() -> None:
    """An endpoint that is added or updated is held to the same rule."""
    it = Started(dependency(Scripted()))
    it.health.start_sync()
    checker = PoolChecker(pool=Pool())
    new = Endpoint("h", "1")
    try:
        for change in (
            lambda: it.health.add_endpoint_sync("db", "tcp", True, new, checker),
            lambda: it.health.update_endpoint_sync("db", "db.svc", "1", new, checker),
        ):
            assert "belongs to an event loop" in refused(it, change)
    finally:
        it.health.stop_sync()

    assert list(it.health.health_details()) == ["db:db.svc:1"]


def test_callable_in_sync_mode() -> None:
    """A callable makes the object on the loop of the background thread."""
    made: Future[asyncio.AbstractEventLoop] = Future()

    def make() -> Pool:
        pool = Pool()
        pool.loop = asyncio.get_running_loop()
        if not made.done():
            made.set_result(pool.loop)
        return pool

    it = Started(pooled(make))
    it.health.start_sync()
    loop = made.result(BOUND)
    it.health.stop_sync()

    assert loop.is_closed()
    assert it.health.health() == {"db": True}


@dataclass(frozen=True, kw_only=True)
class FreeChecker(PoolChecker):
    """Asks an object that any loop may use."""

    bound_to_loop: ClassVar[bool] = False


def test_object_that_belongs_to_no_loop() -> None:
    """An object of a blocking client may be given in sync mode."""
    it = Started(dependency(FreeChecker(pool=Pool()), endpoints=[]))
    it.health.start_sync()
    running = it.health.running
    it.health.stop_sync()

    assert running
