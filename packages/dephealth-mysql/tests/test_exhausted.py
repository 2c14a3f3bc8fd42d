"""A pool that has run dry: is it the application, or the server?"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from dephealth import check_once
from dephealth_mysql import MySQLChecker
from dephealth_testing import assert_nothing_left

if TYPE_CHECKING:
    from conftest import Check, FakeMySQL, MakePool


@pytest.fixture
async def dry(make_pool: MakePool) -> Any:
    """A pool of one connection, which is taken."""
    pool = await make_pool(maxsize=1)
    await pool.acquire()
    return pool


class OtherPool:
    """A pool that has run dry and shows nothing of its inside."""

    size = maxsize = 1
    freesize = 0

    async def acquire(self) -> Any:
        await asyncio.Event().wait()

    def release(self, connection: Any) -> None:
        pass


async def test_exhausted(server: FakeMySQL, dry: Any, check: Check) -> None:
    """If the server answers beside a pool that has run dry, the pool is exhausted."""
    assert await check(pool=dry, timeout=0.4) == "pool_exhausted"
    assert server.asked == ["SELECT 1"]
    await server.until(lambda: len(server.open) == 1)


async def test_time_for_the_second_opinion(server: FakeMySQL, dry: Any, check: Check) -> None:
    """A quarter of the timeout is left for asking the server."""
    started = time.monotonic()
    checking = asyncio.create_task(check(pool=dry, timeout=1.2))
    await server.until(lambda: server.connections == 2)
    assert 0.9 <= time.monotonic() - started < 1.15
    assert await checking == "pool_exhausted"


async def test_second_opinion_as_the_pool_connects(
    server: FakeMySQL, make_pool: MakePool, check: Check
) -> None:
    """The server is asked with what the pool logs in with, and none of its other habits."""
    pool = await make_pool(
        maxsize=1, db="orders", charset="latin1", sql_mode="'ANSI'", init_command="SET @a = 1"
    )
    await pool.acquire()
    server.asked.clear()
    assert await check(pool=pool, timeout=0.4) == "pool_exhausted"
    assert server.asked == ["SELECT 1"]
    assert server.logins[0] == server.logins[1]
    assert server.logins[1]["database"] == "orders"


async def test_second_opinion_with_own_options(server: FakeMySQL, dry: Any, check: Check) -> None:
    """Where the check has a login of its own, the server is asked with that."""
    await check(pool=dry, username="own", timeout=0.4)
    assert [login["user"] for login in server.logins] == ["pool", "own"]


async def test_no_second_opinion(check: Check) -> None:
    """A pool that does not show how it connects only runs out of time."""
    assert await check(pool=OtherPool(), timeout=0.4) == "timeout"


@pytest.mark.parametrize("number", [1040, 1045, 1203])
async def test_error_is_an_answer(server: FakeMySQL, dry: Any, check: Check, number: int) -> None:
    """A server that lets nobody else in answers: the pool is to blame."""
    server.refusal = number
    assert await check(pool=dry, timeout=0.4) == "pool_exhausted"


async def test_rejection_is_an_answer(server: FakeMySQL, dry: Any, check: Check) -> None:
    """A server that rejects the query answers."""
    server.errors["SELECT 1"] = 1146
    assert await check(pool=dry, timeout=0.4) == "pool_exhausted"


@pytest.mark.parametrize("phase", ["greeting", "login", "SELECT 1"])
async def test_hung_server(server: FakeMySQL, dry: Any, check: Check, phase: str) -> None:
    """A server that hangs fills a pool too: that is a timeout."""
    server.held.add(phase)
    assert await check(pool=dry, timeout=0.4) == "timeout"


async def test_server_that_is_gone(server: FakeMySQL, dry: Any, check: Check) -> None:
    """A server that takes no connection any more is refused, though the pool still has one."""
    server.refuse()
    assert await check(pool=dry, timeout=0.4) == "connection_refused"


async def test_lost_second_opinion(server: FakeMySQL, dry: Any, check: Check) -> None:
    """A connection that ends without an answer is no answer."""
    server.held.add("login")
    checking = asyncio.create_task(check(pool=dry, timeout=0.8))
    await server.until(lambda: "login" in server.holding)
    server.hang_up()
    assert await checking == "connection_reset"


async def test_connection_that_becomes_free(
    server: FakeMySQL, make_pool: MakePool, check: Check
) -> None:
    """A connection that comes back in time is used."""
    pool = await make_pool(maxsize=1)
    connection = await pool.acquire()
    checking = asyncio.create_task(check(pool=pool))
    await asyncio.wait([checking], timeout=0.05)
    pool.release(connection)
    assert await checking == "ok"
    assert server.connections == 1


async def test_pool_without_a_limit(server: FakeMySQL, make_pool: MakePool, check: Check) -> None:
    """A pool that may grow for ever never runs dry."""
    pool = await make_pool(maxsize=0)
    await pool.acquire()
    assert await check(pool=pool) == "ok"


async def test_slow_connecting_is_no_exhaustion(
    server: FakeMySQL, make_pool: MakePool, check: Check
) -> None:
    """A pool that may connect but gets no answer has run out of time, not of connections."""
    pool = await make_pool()
    server.held.add("greeting")
    assert await check(pool=pool, timeout=0.4) == "timeout"
    assert server.connections == 1


async def test_cancelled_waiting_leaves_nothing(server: FakeMySQL, make_pool: MakePool) -> None:
    """A check that is cancelled while it waits does not take the connection that comes back."""
    pool = await make_pool(maxsize=1)
    connection = await pool.acquire()
    async with assert_nothing_left():
        checking = asyncio.create_task(check_once(MySQLChecker(pool=pool), server.endpoint))
        await asyncio.wait([checking], timeout=0.05)
        checking.cancel()
        pool.release(connection)
        await asyncio.wait([checking], timeout=1)
        assert checking.cancelled()
    assert pool.freesize == 1


@pytest.mark.parametrize("turns", range(8))
async def test_cancelled_when_woken(server: FakeMySQL, make_pool: MakePool, turns: int) -> None:
    """A check that is cancelled at about its turn lets the next have it."""
    pool = await make_pool(maxsize=1)
    connection = await pool.acquire()
    checking = asyncio.create_task(check_once(MySQLChecker(pool=pool), server.endpoint))
    await asyncio.wait([checking], timeout=0.05)
    waiting = asyncio.ensure_future(pool.acquire())
    await asyncio.wait([waiting], timeout=0.05)
    checking.cancel()
    for _ in range(turns):
        await asyncio.sleep(0)
    pool.release(connection)
    assert await asyncio.wait_for(waiting, 1) is connection
    pool.release(connection)


async def test_cancelled_with_the_connection(server: FakeMySQL, make_pool: MakePool) -> None:
    """A check that is cancelled as it gets a connection gives it back."""
    pool = await make_pool(maxsize=1)
    connection = await pool.acquire()
    checking = asyncio.create_task(check_once(MySQLChecker(pool=pool), server.endpoint))
    await asyncio.wait([checking], timeout=0.05)
    await pool.release(connection)
    checking.cancel()
    await asyncio.wait([checking], timeout=1)
    async with asyncio.timeout(1):
        assert await pool.acquire() is connection
    pool.release(connection)


async def test_connection_that_others_get_first(
    server: FakeMySQL, make_pool: MakePool, check: Check
) -> None:
    """A free connection for which others stand in line before the check is none."""
    pool = await make_pool(minsize=1, maxsize=1)
    async with pool._cond:  # as while somebody connects
        before = asyncio.ensure_future(pool.acquire())
        await asyncio.sleep(0)
        checking = asyncio.create_task(check(pool=pool, timeout=0.4))
        await asyncio.sleep(0.05)
    assert await checking == "pool_exhausted"
    pool.release(await before)


async def test_pool_that_others_keep_locked(server: FakeMySQL, make_pool: MakePool) -> None:
    """While somebody else connects to a server that hangs, a check can be cancelled."""
    pool = await make_pool(maxsize=1)
    connection = await pool.acquire()
    checking = asyncio.create_task(check_once(MySQLChecker(pool=pool), server.endpoint))
    await asyncio.wait([checking], timeout=0.05)
    server.held.add("greeting")
    connection.close()
    pool.release(connection)
    connecting = asyncio.ensure_future(pool.acquire())
    await server.until(lambda: "greeting" in server.holding)
    checking.cancel()
    await asyncio.wait([checking], timeout=1)
    assert checking.cancelled()
    server.release()
    pool.release(await asyncio.wait_for(connecting, 1))
