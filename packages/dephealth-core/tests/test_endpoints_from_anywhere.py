"""Endpoints that are changed from other threads and loops, or at the wrong time."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest

from dephealth import (
    Endpoint,
)

from ._fakes import BOUND, Scripted, dependency
from ._started import Started, started

NEW = Endpoint("new.svc", "2")


async def test_not_running() -> None:
    """Endpoints change only while the checks run."""
    it = Started(dependency(Scripted()))
    for change in (
        it.health.add_endpoint("db", "tcp", True, NEW, Scripted()),
        it.health.remove_endpoint("db", "db.svc", "1"),
        it.health.update_endpoint("db", "db.svc", "1", NEW, Scripted()),
    ):
        with pytest.raises(RuntimeError, match="it is not running"):
            await change


async def test_not_running_any_more() -> None:
    """After the end nothing can be added."""
    async with started() as it:
        pass
    with pytest.raises(RuntimeError, match="it is not running"):
        await it.health.add_endpoint("db", "tcp", True, NEW, Scripted())


async def test_from_another_thread() -> None:
    """The calls ending in _sync change endpoints from any thread."""
    async with started() as it:
        await asyncio.to_thread(it.health.add_endpoint_sync, "db", "tcp", True, NEW, Scripted())
        await it.until()
        newer = Endpoint("newer.svc", "3")
        await asyncio.to_thread(
            it.health.update_endpoint_sync, "db", "new.svc", "2", newer, Scripted()
        )
        found = list(it.health.health_details())
        await asyncio.to_thread(it.health.remove_endpoint_sync, "db", "newer.svc", "3")

        assert (found, it.health.health()) == (["db:newer.svc:3"], {})


async def test_from_another_loop() -> None:
    """The checks run on the loop of `start`, wherever their endpoint was added."""
    async with started() as it:
        adding = it.health.add_endpoint("db", "tcp", True, NEW, Scripted())
        await asyncio.wait_for(asyncio.to_thread(asyncio.run, adding), BOUND)
        await it.until()

        assert it.health.health() == {"db": True}


async def test_from_the_loop_itself() -> None:
    """A call ending in _sync on the loop that it needs is an error, not a standstill."""
    async with started() as it:
        with pytest.raises(RuntimeError, match="await the other"):
            it.health.add_endpoint_sync("db", "tcp", True, NEW, Scripted())


def test_while_the_loop_stands() -> None:
    """A loop that does not run takes no work, rather than for ever."""
    it = Started(dependency(Scripted()))
    with asyncio.Runner() as runner:
        runner.run(it.health.start())
        with pytest.raises(RuntimeError, match="does not run"):
            it.health.add_endpoint_sync("db", "tcp", True, NEW, Scripted())
        runner.run(it.health.stop())


async def test_context_of_a_request_is_not_kept() -> None:
    """The checks of an added endpoint do not run in the context of who added it."""
    request = contextvars.ContextVar("request", default="none")
    seen: list[str] = []

    async def look() -> None:
        seen.append(request.get())

    async def serve(it: Started) -> None:
        request.set("some request")
        await it.health.add_endpoint("db", "tcp", True, NEW, Scripted(look))

    async with started(dependency(Scripted(), "other")) as it:
        await asyncio.create_task(serve(it))
        await it.until()

    assert seen == ["none"]


async def test_many_changes_at_once() -> None:
    """Changes from several threads leave what was asked for."""
    async with started() as it:

        def change(number: int) -> None:
            endpoint = Endpoint("h", str(1 + number))
            it.health.add_endpoint_sync("db", "tcp", True, endpoint, Scripted())
            if number % 2:
                it.health.remove_endpoint_sync("db", "h", endpoint.port)

        threads = [threading.Thread(target=change, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            await asyncio.to_thread(thread.join, BOUND)

        assert len(it.health.health_details()) == 10
