"""PostgreSQL itself, asked in every way that `PostgresChecker` knows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest

from dephealth import Endpoint, check_once
from dephealth_postgres import PostgresChecker, postgres_check
from dephealth_testing import assert_nothing_left
from private_servers import PostgresServer, wait_until

Check = Callable[..., Coroutine[Any, Any, str]]
Pool = Any

CHECKS, AT_ONCE = 100, 10
PUNCTUAL = 0.5
SLEEP = "SELECT pg_sleep(30)"
SLEEPING = f"SELECT count(*) FROM pg_stat_activity WHERE query = '{SLEEP}' AND state = 'active'"


CONNECTED = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{PostgresServer.user}'"


@pytest.fixture
def check(postgres_server: PostgresServer) -> Check:
    """Check the server with these options of the checker; gives the detail."""
    server = postgres_server
    login = {"username": server.user, "password": server.password, "database": server.database}

    async def check(host: str = server.host, timeout: float = 5.0, **options: Any) -> str:
        checker = PostgresChecker(**(options if "pool" in options else {**login, **options}))
        result = await check_once(checker, Endpoint(host, str(server.port)), timeout)
        assert result.outcome is not None
        assert result.expected, result.reason
        return result.outcome.detail

    return check


@pytest.fixture
async def pool(postgres_server: PostgresServer) -> AsyncIterator[Pool]:
    """A pool of at most two connections, as an application has it."""
    server = postgres_server
    async with asyncpg.create_pool(
        host=server.host,
        port=server.port,
        user=server.user,
        password=server.password,
        database=server.database,
        min_size=1,
        max_size=2,
    ) as pool:
        yield pool


@contextmanager
def paused(server: PostgresServer) -> Iterator[None]:
    """A server that hangs."""
    server.pause()
    try:
        yield
    finally:
        server.resume()


def free(pool: Pool) -> int:
    """How many connections the pool could give away at once."""
    free: int = pool.get_max_size() - pool.get_size() + pool.get_idle_size()
    return free


async def punctual(check: Check, **options: Any) -> str:
    """The detail of a check that ends at its deadline."""
    started = time.monotonic()
    detail = await check(timeout=0.5, **options)
    assert time.monotonic() - started <= 0.5 + PUNCTUAL
    return detail


async def test_every_address(postgres_server: PostgresServer, check: Check) -> None:
    """The server is found at each of its addresses, by name, and on its socket."""
    for host in (*postgres_server.hosts, "localhost", str(postgres_server.socket_folder)):
        assert await check(host) == "ok"


async def test_hosts_of_a_url(postgres_server: PostgresServer) -> None:
    """Each host of a URL is asked for itself, with the login of the URL."""
    server = postgres_server
    user = f"{server.user}:{quote(server.password, safe='')}"
    hosts = f"127.0.0.1:{server.port},127.0.0.1:1"
    url = f"postgresql://{user}@{hosts}/{server.database}?target_session_attrs=standby"
    dependency = postgres_check("db", url=url, critical=True)

    results = [await check_once(dependency.checker, there) for there in dependency.endpoints]

    details = [result.outcome.detail for result in results if result.outcome]
    assert details == ["ok", "connection_refused"]


@pytest.mark.parametrize("query", ["SELECT * FROM nowhere", "SELEC", "SELECT 1/0"])
async def test_rejected_query(pool: Pool, check: Check, query: str) -> None:
    """A query that the server rejects is a query error, with and without a pool."""
    assert await check(query=query) == "query_error"
    assert await check(query=query, pool=pool) == "query_error"
    assert free(pool) == 2


@pytest.mark.parametrize("sslmode", [None, "disable", "allow", "prefer", "require", "verify-full"])
async def test_sslmode(postgres_server: PostgresServer, check: Check, sslmode: str | None) -> None:
    """Every mode of the URL works with a server that has TLS."""
    authority = str(postgres_server.certificates.ca_file)
    params = {"sslmode": sslmode, "sslrootcert": authority} if sslmode else {}
    assert await check(params=params) == "ok"


async def test_tls_on_demand_of_the_server(postgres_server: PostgresServer, check: Check) -> None:
    """A user who may come with TLS only gets in by default, and not without."""
    user = postgres_server.tls_user
    assert await check(username=user) == "ok"
    assert await check(username=user, params={"sslmode": "disable"}) == "auth_error"


async def test_slow_query_is_stopped(
    postgres_server: PostgresServer, pool: Pool, check: Check
) -> None:
    """A query cut off by the deadline does not go on in the server, and the pool stays whole."""
    for options in ({}, {"pool": pool}):
        for _ in range(5):  # on a busy machine the request to stop may be too late
            assert await check(query=SLEEP, timeout=0.5, **options) == "timeout"
            if postgres_server.execute(SLEEPING).strip() == "0":
                break
        assert postgres_server.execute(SLEEPING).strip() == "0"
    assert free(pool) == 2


async def test_server_hung_behind_a_pool(
    postgres_server: PostgresServer, pool: Pool, check: Check
) -> None:
    """A server that hangs is a timeout, on time, and the pool works again when it does."""
    assert await check(pool=pool) == "ok"
    with paused(postgres_server):
        for _ in range(3):
            assert await punctual(check, pool=pool) == "timeout"
    assert await check(pool=pool) == "ok"
    assert free(pool) == 2


async def test_session_is_left_as_it_was(pool: Pool, check: Check) -> None:
    """A query that begins a transaction, or changes a setting, leaves no trace."""
    assert await check(query="SELECT set_config('application_name', 'x', false)", pool=pool) == "ok"
    assert await check(query="BEGIN", pool=pool) == "ok"
    for connection in [await pool.acquire(), await pool.acquire()]:
        assert not connection.is_in_transaction()
        assert await connection.fetchval("SHOW application_name") == ""
        await pool.release(connection)


@pytest.mark.parametrize("options", [{}, {"password": "wrong"}, {"query": "SELEC"}])
async def test_many_checks_leave_nothing(
    postgres_server: PostgresServer, check: Check, options: dict[str, Any]
) -> None:
    """Many checks, whatever comes of them, leave nothing in this process or in the server."""
    async with assert_nothing_left():
        for _ in range(CHECKS // AT_ONCE):
            await asyncio.gather(*(check(**options) for _ in range(AT_ONCE)))
    wait_until(
        lambda: postgres_server.execute(CONNECTED).strip() == "0",
        seconds=10,
        what="end of all connections",
    )
