"""A pool that has run dry: is it the application, or the server?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

if TYPE_CHECKING:
    from conftest import Check, FakePostgres

Dry = Callable[[], AbstractAsyncContextManager[tuple[Any, Any]]]


@pytest.fixture
def dry(server: FakePostgres) -> Dry:
    """Make a pool of one connection, and take that."""

    @asynccontextmanager
    async def dry() -> AsyncIterator[tuple[Any, Any]]:
        address = {"host": server.host, "port": server.port}
        async with asyncpg.create_pool(**address, user="pool", min_size=1, max_size=1) as pool:
            try:
                yield pool, await pool.acquire()
            finally:
                pool.terminate()

    return dry


class OtherPool:
    """A pool that has run dry and shows nothing of its inside."""

    busy = True

    async def acquire(self) -> Any:
        await asyncio.Event().wait()

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:
        await connection.close(timeout=timeout)

    def get_size(self) -> int:
        return 1

    def get_max_size(self) -> int:
        return 1

    def get_idle_size(self) -> int:
        return 0 if self.busy else 1


class PoolThatRecovers(OtherPool):
    """One whose connection becomes free for the second who waits."""

    def __init__(self, server: FakePostgres) -> None:
        self.server = server

    async def acquire(self) -> Any:
        if not self.busy:
            return await asyncpg.connect(host=self.server.host, port=self.server.port, user="pool")
        try:
            await super().acquire()
        finally:
            self.busy = False


class PoolWithAWay(OtherPool):
    """One whose connections a function of the application makes."""

    _connect = "the application's own"

    def __init__(self, server: FakePostgres) -> None:
        self.server = server

    async def _get_new_connection(self) -> Any:
        return await asyncpg.connect(host=self.server.host, port=self.server.port, user="way")


class PoolThatFills(OtherPool):
    """One whose last connection is taken by somebody else while we wait for it."""

    busy = False
    _connect_args = ()

    def __init__(self, server: FakePostgres) -> None:
        self._connect_kwargs = {"host": server.host, "port": server.port, "user": "pool"}

    async def acquire(self) -> Any:
        self.busy = True
        await super().acquire()


async def test_exhausted(server: FakePostgres, dry: Dry, check: Check) -> None:
    """If the server answers beside a pool that has run dry, the pool is exhausted."""
    async with dry() as (pool, _):
        assert await check(pool=pool, timeout=0.4) == "pool_exhausted"
    assert server.asked == ["SELECT 1"]


async def test_time_for_the_second_opinion(server: FakePostgres, dry: Dry, check: Check) -> None:
    """A quarter of the timeout is left for asking the server."""
    async with dry() as (pool, _):
        started = time.monotonic()
        checking = asyncio.create_task(check(pool=pool, timeout=2.0))
        await server.until(lambda: server.connections == 2)
        assert 1.5 <= time.monotonic() - started < 1.9
        assert await checking == "pool_exhausted"


async def test_second_opinion_as_the_pool_connects(
    server: FakePostgres, dry: Dry, check: Check
) -> None:
    """The server is asked with what the pool connects with."""
    async with dry() as (pool, _):
        await check(pool=pool, timeout=0.4)
    assert [login["user"] for login in server.logins] == ["pool", "pool"]


async def test_second_opinion_with_own_options(
    server: FakePostgres, dry: Dry, check: Check
) -> None:
    """Where the check has a login of its own, the server is asked with that."""
    async with dry() as (pool, _):
        await check(pool=pool, username="own", timeout=0.4)
    assert [login["user"] for login in server.logins] == ["pool", "own"]


async def test_second_opinion_in_the_pool_s_way(server: FakePostgres, check: Check) -> None:
    """The server is asked on a connection made by the application's function, if there is one."""
    assert await check(pool=PoolWithAWay(server), timeout=0.4) == "pool_exhausted"
    assert [login["user"] for login in server.logins] == ["way"]
    await server.until(lambda: not server.open)


async def test_no_second_opinion(check: Check) -> None:
    """A pool that does not show how it connects only runs out of time."""
    assert await check(pool=OtherPool(), timeout=0.4) == "timeout"


@pytest.mark.parametrize("sqlstate", ["53300", "28P01", "57P03"])
async def test_error_is_an_answer(
    server: FakePostgres, dry: Dry, check: Check, sqlstate: str
) -> None:
    """A server that lets nobody else in answers: the pool is to blame."""
    async with dry() as (pool, _):
        server.refusal = sqlstate
        assert await check(pool=pool, timeout=0.4) == "pool_exhausted"


async def test_rejection_is_an_answer(server: FakePostgres, dry: Dry, check: Check) -> None:
    """A server that rejects the query answers."""
    async with dry() as (pool, _):
        server.errors["SELECT 1"] = "42P01"
        assert await check(pool=pool, timeout=0.4) == "pool_exhausted"


@pytest.mark.parametrize("phase", ["login", "SELECT 1"])
async def test_hung_server(server: FakePostgres, dry: Dry, check: Check, phase: str) -> None:
    """A server that hangs fills a pool too: that is a timeout."""
    async with dry() as (pool, _):
        server.held.update({phase, "cancel"})
        assert await check(pool=pool, timeout=0.4) == "timeout"


async def test_server_that_is_gone(server: FakePostgres, dry: Dry, check: Check) -> None:
    """A server that takes no connection any more is refused, though the pool still has one."""
    async with dry() as (pool, _):
        server.refuse()
        assert await check(pool=pool, timeout=0.4) == "connection_refused"


async def test_lost_second_opinion(server: FakePostgres, check: Check) -> None:
    """A connection that ends without an answer is no answer."""
    server.held.add("login")
    checking = asyncio.create_task(check(pool=PoolWithAWay(server), timeout=0.8))
    await server.until(lambda: "login" in server.holding)
    server.hang_up()
    assert await checking == "connection_reset"


async def test_connection_that_is_free_in_time(
    server: FakePostgres, dry: Dry, check: Check
) -> None:
    """A busy pool that gives a connection in time works."""
    async with dry() as (pool, taken):
        checking = asyncio.create_task(check(pool=pool))
        for _ in range(10):  # until it waits for the connection
            await asyncio.sleep(0)
        await pool.release(taken)
        assert await checking == "ok"
    assert server.connections == 1


async def test_connection_that_is_free_after_a_block(
    server: FakePostgres, dry: Dry, check: Check
) -> None:
    """A request that blocks the loop while it has the only connection exhausts no pool."""
    async with dry() as (pool, connection):
        checking = asyncio.ensure_future(check(pool=pool, timeout=0.4))
        await asyncio.sleep(0.05)
        time.sleep(0.6)  # noqa: ASYNC251  # as a request does that computes
        await asyncio.sleep(0)
        await pool.release(connection)
        assert await checking == "ok"


async def test_pool_that_was_not_dry_before(server: FakePostgres, check: Check) -> None:
    """A pool that had a connection to give when we asked is not exhausted, only late."""
    assert await check(pool=PoolThatFills(server), timeout=0.4) == "timeout"
    assert server.connections == 0


async def test_slow_connection_of_the_pool(server: FakePostgres, dry: Dry, check: Check) -> None:
    """A pool that may still connect has the whole timeout for it."""
    async with dry() as (pool, taken):
        taken.terminate()
        server.held.add("login")
        started = time.monotonic()
        assert await check(pool=pool, timeout=0.4) == "timeout"
        assert time.monotonic() - started >= 0.4


async def test_pool_that_is_busy_no_more(server: FakePostgres, check: Check) -> None:
    """A pool that is not dry any more when its time is over gets the rest of the timeout."""
    assert await check(pool=PoolThatRecovers(server), timeout=0.4) == "ok"
