"""mysql_check against a real MariaDB server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any
from urllib.parse import quote

import aiomysql
import pytest

from dephealth import Endpoint, SingleCheck, check_once
from dephealth.api import mysql_check
from dephealth_mysql import MySQLChecker
from dephealth_testing import assert_nothing_left
from private_servers import MariaDBServer

BOUND = 10.0
"""Seconds until a test that waits for an event has failed."""

Check = Callable[..., Coroutine[Any, Any, str]]
MakePool = Callable[..., Coroutine[Any, Any, Any]]


@pytest.fixture
def endpoint(mariadb_server: MariaDBServer) -> Endpoint:
    """Where the server answers."""
    return Endpoint(mariadb_server.host, str(mariadb_server.port))


@pytest.fixture
def check(mariadb_server: MariaDBServer, endpoint: Endpoint) -> Check:
    """Check with these options beside the usual login; gives the detail."""
    login = {
        "username": mariadb_server.user,
        "password": mariadb_server.password,
        "database": mariadb_server.database,
    }

    async def check(at: Endpoint = endpoint, timeout: float = 5.0, **options: Any) -> str:
        usual = {} if "pool" in options else login
        result = await check_once(MySQLChecker(**{**usual, **options}), at, timeout)
        return told(result)

    return check


def told(result: SingleCheck) -> str:
    """The detail that a check came to, which must be one that is known."""
    assert result.outcome is not None
    assert result.expected, result.reason
    return result.outcome.detail


@pytest.fixture
async def make_pool(mariadb_server: MariaDBServer) -> AsyncIterator[MakePool]:
    """Make pools that end with the test."""
    server = mariadb_server
    pools: list[Any] = []

    async def make(**options: Any) -> Any:
        usual: dict[str, Any] = {
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "password": server.password,
            "db": server.database,
        }
        pools.append(await aiomysql.create_pool(**{**usual, **options}))
        return pools[-1]

    yield make
    for pool in pools:
        pool.terminate()
        await asyncio.wait_for(pool.wait_closed(), BOUND)


@pytest.fixture
def paused(mariadb_server: MariaDBServer) -> Iterator[Callable[[], None]]:
    """Stop the server's process until the end of the test."""
    yield mariadb_server.pause
    mariadb_server.resume()


@pytest.fixture
def table(mariadb_server: MariaDBServer) -> Iterator[str]:
    """A table of the application."""
    mariadb_server.execute("create table orders (id int primary key) engine=innodb", database="app")
    yield "orders"
    mariadb_server.execute("drop table orders", database="app")


def lost_clients(server: MariaDBServer) -> str:
    """What the server has counted of clients that ended out of order."""
    return server.execute("show global status like 'Aborted%'")


async def test_url(mariadb_server: MariaDBServer) -> None:
    """A URL with a password that must be quoted is enough."""
    server = mariadb_server
    login = f"{server.user}:{quote(server.password, safe='')}"
    url = f"mysql://{login}@{server.host}:{server.port}/{server.database}?charset=utf8mb4"
    dependency = mysql_check("db", url=url, critical=True)
    assert told(await check_once(dependency.checker, dependency.endpoints[0])) == "ok"


async def test_no_client_is_lost(mariadb_server: MariaDBServer, check: Check) -> None:
    """Checks leave the server in order, also over TLS, and if it rejects the query."""
    before = lost_clients(mariadb_server)
    async with assert_nothing_left():
        for _ in range(5):
            assert await check() == "ok"
            assert await check(tls_skip_verify=True) == "ok"
            assert await check(query="SELECT nothing") == "query_error"
    assert lost_clients(mariadb_server) == before


async def test_unix_socket(mariadb_server: MariaDBServer, check: Check) -> None:
    """A server is checked on its socket as well."""
    assert await check(Endpoint(str(mariadb_server.socket_path), "0")) == "ok"


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        ({"password": "wrong"}, "auth_error"),
        ({"password": None}, "auth_error"),
        ({"username": "nobody"}, "auth_error"),
        ({"username": MariaDBServer.outsider}, "auth_error"),
        ({"username": MariaDBServer.tls_user}, "auth_error"),
        ({"username": MariaDBServer.tls_user, "tls_skip_verify": True}, "ok"),
        ({"username": MariaDBServer.tls_user, "params": {"ssl-mode": "PREFERRED"}}, "ok"),
        ({"username": MariaDBServer.certificate_user, "tls_skip_verify": True}, "auth_error"),
        ({"query": "SELEC 1"}, "query_error"),
        ({"query": "SELECT * FROM nothing"}, "query_error"),
        ({"query": "SELECT * FROM mysql.user"}, "query_error"),
        ({"query": "FLUSH TABLES"}, "query_error"),
        ({"query": "SELECT SLEEP(5)", "timeout": 0.3}, "timeout"),
    ],
)
async def test_what_the_server_says(check: Check, options: dict[str, Any], detail: str) -> None:
    """What a real server says is understood."""
    assert await check(**options) == detail


async def test_accounts(mariadb_server: MariaDBServer, check: Check) -> None:
    """A locked account is refused, a database that does not exist is an error."""
    mariadb_server.execute(
        "create user locked@'%' identified by 'größe €' account lock;grant all on *.* to locked@'%'"
    )
    try:
        login = {"username": "locked", "password": "größe €", "database": None}
        assert await check(**login) == "auth_error"
        mariadb_server.execute("alter user locked@'%' account unlock")
        assert await check(**login) == "ok"
        assert await check(**{**login, "database": "nothing"}) == "error"
    finally:
        mariadb_server.execute("drop user locked@'%'")


@pytest.mark.parametrize("tls", [False, True])
async def test_hung_server_and_pool(
    mariadb_server: MariaDBServer,
    paused: Callable[[], None],
    make_pool: MakePool,
    check: Check,
    tls: bool,
) -> None:
    """A pool whose server hangs is a timeout on time, and whole when the server is back."""
    context = MySQLChecker(tls_skip_verify=True).ssl_context if tls else None
    pool = await make_pool(minsize=1, maxsize=2, ssl=context)
    assert await check(pool=pool) == "ok"
    paused()
    for _ in range(3):
        started = time.monotonic()
        assert await check(pool=pool, timeout=0.3) == "timeout"
        assert time.monotonic() - started < 1.0
    assert pool.size - pool.freesize == 0
    mariadb_server.resume()
    assert await check(pool=pool) == "ok"


async def test_server_with_too_many_clients(make_pool: MakePool) -> None:
    """A server that takes no more clients is an error; behind a full pool, the pool is to blame."""
    # Of its own: the shared one may still count clients that have just gone.
    with MariaDBServer() as server:
        most = server.max_connections
        at = Endpoint(server.host, str(server.port))
        pool = await make_pool(port=server.port, minsize=most, maxsize=most)
        own = MySQLChecker(username=server.user, password=server.password)
        async with pool.acquire():
            assert told(await check_once(own, at)) == "error"
            taken = [await pool.acquire() for _ in range(most - 1)]
            through = MySQLChecker(pool=pool)
            assert told(await check_once(through, at, 0.5)) == "pool_exhausted"
            for connection in taken:
                pool.release(connection)
        pool.terminate()
        await asyncio.wait_for(pool.wait_closed(), BOUND)


@pytest.mark.parametrize("autocommit", [False, True, None])
async def test_pool_is_left_as_it_was(
    mariadb_server: MariaDBServer, make_pool: MakePool, check: Check, table: str, autocommit: bool
) -> None:
    """Neither a transaction nor a setting of the session is left behind."""
    pool = await make_pool(minsize=1, maxsize=1, autocommit=autocommit)

    async def session() -> list[Any]:
        async with pool.acquire() as connection, connection.cursor() as cursor:
            await cursor.execute("SELECT CONNECTION_ID(), @@in_transaction")
            facts = list(await cursor.fetchall())
            await cursor.execute(
                "SHOW SESSION VARIABLES WHERE Variable_name NOT LIKE '%timestamp%'"
            )
            return facts + list(await cursor.fetchall())

    before = await session()
    for query in ("SELECT 1", f"SELECT * FROM {table}", f"INSERT INTO {table} VALUES (1)"):
        assert await check(pool=pool, query=query) == "ok"
        assert await session() == before
    rows = mariadb_server.execute(f"select count(*) from app.{table}").strip()
    assert rows == ("0" if autocommit is False else "1")


async def test_killed_connection(
    mariadb_server: MariaDBServer, make_pool: MakePool, check: Check
) -> None:
    """A connection that an administrator kills within the query is reset."""
    pool = await make_pool(minsize=1, maxsize=1)
    (connection,) = pool._free
    checking = asyncio.create_task(check(pool=pool, query="SELECT SLEEP(9)"))
    running = "select count(*) from information_schema.processlist where info = 'SELECT SLEEP(9)'"
    async with asyncio.timeout(BOUND):
        while mariadb_server.execute(running).strip() == "0":
            await asyncio.sleep(0.01)
    mariadb_server.execute(f"kill {connection.thread_id()}")
    assert await checking == "connection_reset"
    assert await check(pool=pool) == "ok"


async def test_query_that_was_cut_short_ends(
    mariadb_server: MariaDBServer, check: Check, table: str
) -> None:
    """Queries that wait for a lock do not pile up on the server."""
    holder = await aiomysql.connect(unix_socket=str(mariadb_server.socket_path), user="root")
    cursor = await holder.cursor()
    await cursor.execute(f"lock tables app.{table} write")
    query = f"SELECT * FROM {table}"
    waiting = f"select count(*) from information_schema.processlist where info = '{query}'"
    try:
        assert await check(query=query, timeout=0.3) == "timeout"
        async with asyncio.timeout(BOUND):
            while mariadb_server.execute(waiting).strip() != "0":
                await asyncio.sleep(0.05)
    finally:
        await holder.ensure_closed()
