"""A check on a connection of the application's pool."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiomysql
import pytest

from dephealth import ERROR, Endpoint, check_once
from dephealth_mysql import MySQLChecker
from dephealth_testing import assert_nothing_left, silent_resolver

if TYPE_CHECKING:
    from conftest import Check, FakeMySQL, MakePool


@pytest.fixture
async def pool(make_pool: MakePool) -> Any:
    return await make_pool()


def free(pool: Any) -> int:
    """How many connections the pool could give away at once."""
    free: int = pool.maxsize - pool.size + pool.freesize
    return free


async def test_query_on_the_pool(server: FakeMySQL, pool: Any, check: Check) -> None:
    """Checks share a connection of the pool, and give it back."""
    assert [await check(pool=pool) for _ in range(3)] == ["ok"] * 3
    assert server.asked == ["SELECT 1"] * 3
    assert server.connections == pool.freesize == 1


async def test_callable(pool: Any, check: Check) -> None:
    """The pool may come from a callable."""
    assert await check(pool=lambda: pool) == "ok"


async def test_cursor_of_the_application(server: FakeMySQL, make_pool: MakePool) -> None:
    """Whatever cursors the application uses, nothing of the answer is left unread."""
    pool = await make_pool(cursorclass=aiomysql.SSDictCursor)
    result = await check_once(MySQLChecker(pool=pool, query="SELECT 1; SELECT 2"), server.endpoint)
    assert result.reason == ""
    async with pool.acquire() as connection, connection.cursor() as cursor:
        await cursor.execute("SELECT 3")
        assert await cursor.fetchall() == [{"1": 1}]


async def test_no_transaction_stays_open(
    server: FakeMySQL, make_pool: MakePool, check: Check
) -> None:
    """Without autocommit, what a query of one's own begins is ended."""
    pool = await make_pool(autocommit=False)
    assert await check(pool=pool, query="SELECT 1 FROM orders") == "ok"
    assert server.asked == ["SET AUTOCOMMIT = 0", "SELECT 1 FROM orders", "ROLLBACK"]
    assert server.transactions == 0
    assert pool.freesize == 1


async def test_query_that_begins_a_transaction(
    server: FakeMySQL, make_pool: MakePool, check: Check
) -> None:
    """With autocommit too, a transaction that the query begins is ended."""
    pool = await make_pool()
    assert await check(pool=pool, query="BEGIN") == "ok"
    assert server.asked == ["BEGIN", "ROLLBACK"]
    assert pool.freesize == 1


@pytest.mark.parametrize(
    ("autocommit", "query"), [(False, "SELECT 1"), (True, "SELECT 1 FROM orders")]
)
async def test_nothing_to_end(
    server: FakeMySQL, make_pool: MakePool, check: Check, autocommit: bool, query: str
) -> None:
    """Where no transaction can have begun, nothing but the query is sent."""
    pool = await make_pool(autocommit=autocommit)
    assert await check(pool=pool, query=query) == "ok"
    assert server.asked[-1] == query


async def test_transaction_of_the_application(
    server: FakeMySQL, make_pool: MakePool, check: Check
) -> None:
    """A transaction that the application has open is not ended."""

    class Shared:
        """A pool with one connection, which its users share."""

        def __init__(self, connection: Any) -> None:
            self.connection = connection
            self.size = self.maxsize = self.freesize = 1

        async def acquire(self) -> Any:
            return self.connection

        def release(self, connection: Any) -> None:
            pass

    pool = await make_pool()
    async with pool.acquire() as connection:
        await connection.begin()
        assert await check(pool=Shared(connection), query="SELECT 1 FROM orders") == "ok"
        assert server.asked == ["BEGIN", "SELECT 1 FROM orders"]
        await connection.rollback()


async def test_hung_server(server: FakeMySQL, pool: Any, check: Check) -> None:
    """When the timeout is reported, a server that hangs keeps no connection of the pool."""
    await check(pool=pool)
    server.held.update({"SELECT 1", "greeting"})
    assert await check(pool=pool, timeout=0.3) == "timeout"
    assert free(pool) == 2
    server.release()
    assert await check(pool=pool) == "ok"


async def test_rejected_query(server: FakeMySQL, pool: Any, check: Check) -> None:
    """After a query that the server rejects the connection is ended in order."""
    server.errors["SELECT 1"] = 1146
    assert await check(pool=pool) == "query_error"
    assert free(pool) == 2
    await server.until(lambda: server.goodbyes == 1 and not server.open)


async def test_lost_connection(server: FakeMySQL, pool: Any, check: Check) -> None:
    """A connection that ends within the query is reset, and the pool makes a new one."""
    server.held.add("SELECT 1")
    checking = asyncio.create_task(check(pool=pool))
    await server.until(lambda: server.asked == ["SELECT 1"])
    server.hang_up()
    assert await checking == "connection_reset"
    server.release()
    assert await check(pool=pool) == "ok"


async def test_idle_connection_that_the_server_ended(
    server: FakeMySQL, pool: Any, check: Check
) -> None:
    """A connection that the server has ended while nobody used it is replaced by the pool."""
    assert await check(pool=pool) == "ok"
    reader = pool._free[0]._reader
    server.hang_up()
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 1)
    assert await check(pool=pool) == "ok"
    assert server.connections == 2


@pytest.mark.parametrize(("number", "told"), [(1045, "auth_error"), (1040, "error")])
async def test_refused_login(
    server: FakeMySQL, pool: Any, check: Check, number: int, told: str
) -> None:
    """Why the pool cannot connect is told as without a pool."""
    server.refusal = number
    assert await check(pool=pool) == told


async def test_server_that_is_gone(server: FakeMySQL, pool: Any, check: Check) -> None:
    """A server that refuses the pool's connections is refused."""
    server.refuse()
    assert await check(pool=pool) == "connection_refused"


async def test_missing_socket(tmp_path: Path, make_pool: MakePool, check: Check) -> None:
    """A socket that the pool does not find is one that nobody listens on."""
    path = str(tmp_path / "mysqld.sock")
    pool = await make_pool(unix_socket=path)
    assert await check(Endpoint(path, "0"), pool=pool) == "connection_refused"


async def test_password_that_cannot_be_sent(server: FakeMySQL, make_pool: MakePool) -> None:
    """A password of the pool that aiomysql cannot send is an error that does not quote it."""
    pool = await make_pool(password="hunter2 €")
    result = await check_once(MySQLChecker(pool=pool), server.endpoint)
    assert result.outcome == ERROR
    assert "UnicodeEncodeError" in result.reason
    assert "hunter2" not in result.reason


async def test_closed_pool(pool: Any, check: Check) -> None:
    """A pool that was closed is an error that is known."""
    pool.close()
    await pool.wait_closed()
    assert await check(pool=pool) == "error"


async def test_pool_that_ends_meanwhile(server: FakeMySQL, pool: Any, check: Check) -> None:
    """A pool that is terminated within the query cuts the connection."""
    server.held.add("SELECT 1")
    checking = asyncio.create_task(check(pool=pool))
    await server.until(lambda: server.asked == ["SELECT 1"])
    pool.terminate()
    assert await checking == "connection_reset"
    await asyncio.wait_for(pool.wait_closed(), 1)


@pytest.mark.parametrize("phase", ["greeting", "login", "SELECT 1", "ROLLBACK"])
async def test_cancelled_check_gives_back(
    server: FakeMySQL, make_pool: MakePool, phase: str
) -> None:
    """A check that is cancelled in any phase leaves the pool whole."""
    pool = await make_pool(autocommit=None)
    server.held.add(phase)
    query = "BEGIN" if phase == "ROLLBACK" else "SELECT 1"
    checker = MySQLChecker(pool=pool, query=query)
    async with assert_nothing_left():
        checking = asyncio.create_task(check_once(checker, server.endpoint))
        await server.until(lambda: phase in server.holding)
        checking.cancel()
        await asyncio.wait([checking], timeout=1)
        assert checking.cancelled()
        server.release()
        assert (await check_once(checker, server.endpoint)).reason == ""
        await pool.clear()
        await server.until(lambda: not server.open)
    assert free(pool) == 2


async def test_who_waits_gets_the_place_of_a_lost_connection(
    server: FakeMySQL, make_pool: MakePool, check: Check
) -> None:
    """If a check loses the last connection, the application that waits for it makes another."""
    pool = await make_pool(maxsize=1)
    server.held.add("SELECT 1")
    checking = asyncio.create_task(check(pool=pool, timeout=0.3))
    await server.until(lambda: server.asked == ["SELECT 1"])
    waiting = asyncio.ensure_future(pool.acquire())
    assert await checking == "timeout"
    pool.release(await asyncio.wait_for(waiting, 1))


async def test_name_that_is_not_resolved(make_pool: MakePool, check: Check) -> None:
    """Before the pool looks a name up in the loop's executor, it is looked up without it."""
    pool = await make_pool(host="my.invalid", minsize=0)
    async with assert_nothing_left():
        with silent_resolver("my.invalid"):
            assert await check(pool=pool, timeout=0.2) == "dns_error"
            assert not [name for name in _threads() if name.startswith("asyncio_")]


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate()]
