"""A client whose pool has no free connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from dephealth import Endpoint, SingleCheck, check_once
from dephealth_redis import RedisChecker
from dephealth_testing import Close, FaultProxy, Garbage, Refuse, Silent

if TYPE_CHECKING:
    from conftest import FakeRedis

ANYWHERE = Endpoint("client.invalid", "1")
POOLS = [ConnectionPool, BlockingConnectionPool]


@asynccontextmanager
async def busy_client(
    server: FakeRedis, kind: type[ConnectionPool], port: int | None = None, **options: Any
) -> AsyncIterator[Redis]:
    """A client whose one connection waits for an answer until it is left."""
    pool = kind(
        host=server.host,
        port=port or server.port,
        max_connections=1,
        retry=Retry(ConstantBackoff(60), 3),
        **options,
    )
    client = Redis(connection_pool=pool)
    server.held.add("ECHO")
    busy = asyncio.ensure_future(client.echo("mine"))
    await server.until_asked("ECHO")
    try:
        yield client
    finally:
        busy.cancel()
        await asyncio.wait([busy])
        await pool.disconnect()


async def ask(client: Redis, timeout: float = 0.5) -> SingleCheck:
    return await check_once(RedisChecker(client=client), ANYWHERE, timeout)


def detail(result: SingleCheck) -> str:
    assert result.outcome is not None
    assert result.expected, result
    return result.outcome.detail


@pytest.mark.parametrize("kind", POOLS)
async def test_server_answers(server: FakeRedis, kind: type[ConnectionPool]) -> None:
    """If the server answers on another connection, it is the pool that is exhausted."""
    async with busy_client(server, kind) as client:
        result = await ask(client)

        assert detail(result) == "pool_exhausted"
        assert result.latency < 0.5
        await server.until(lambda: len(server.open) == 1)


@pytest.mark.parametrize(
    "reply", [b"-NOAUTH required.\r\n", b"-LOADING not yet\r\n", b"-ERR no\r\n", b"+HELLO\r\n"]
)
async def test_server_answers_with_an_error(server: FakeRedis, reply: bytes) -> None:
    """Any reply of the server shows that it is the pool."""
    async with busy_client(server, ConnectionPool) as client:
        server.replies["PING"] = reply

        assert detail(await ask(client)) == "pool_exhausted"


@pytest.mark.parametrize("kind", POOLS)
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Silent(), "timeout"),
        (Close(), "connection_reset"),
        (Refuse(), "connection_refused"),
        (Garbage(), "error"),
    ],
    ids=str,
)
async def test_server_does_not_answer(
    server: FakeRedis, kind: type[ConnectionPool], fault: Any, expected: str
) -> None:
    """If the server does not answer on another connection either, that is what counts."""
    # An application that waits keeps its connection, whatever new ones meet.
    async with (
        FaultProxy(fault=fault) as proxy,
        busy_client(server, kind) as client,
    ):
        client.connection_pool.connection_kwargs["port"] = proxy.port

        result = await ask(client)

        assert detail(result) == expected
        assert (result.latency < 0.49) is (expected != "timeout")


async def test_freed_in_time(server: FakeRedis) -> None:
    """A connection that is freed while the check waits for one is used."""
    async with busy_client(server, BlockingConnectionPool) as client:
        checking = asyncio.create_task(ask(client, 5.0))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not checking.done()
        server.release()

        assert detail(await checking) == "ok"
        assert server.connections == 1


async def test_pools_own_patience_ends_first(server: FakeRedis) -> None:
    """A pool that gives up before the check does is exhausted too."""
    async with busy_client(server, BlockingConnectionPool, timeout=0.1) as client:
        result = await ask(client, 5.0)

        assert detail(result) == "pool_exhausted"
        assert result.latency < 2


async def test_application_is_not_disturbed(server: FakeRedis) -> None:
    """Who has the connections goes on with them."""
    async with busy_client(server, ConnectionPool) as client:
        await ask(client)
        pool = client.connection_pool
        assert len(pool._in_use_connections) == 1
        server.release()
        await server.until(lambda: len(server.open) == 1)
        while pool._in_use_connections:
            await asyncio.sleep(0)

        assert await client.echo("next") == b"next"
