"""PING through a client of the application."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from dephealth import Endpoint, check_once
from dephealth_redis import RedisChecker

if TYPE_CHECKING:
    from conftest import Ask, FakeRedis, MakeClient


def free(client: Redis) -> int:
    return len(client.connection_pool._available_connections)


def in_use(client: Redis) -> int:
    return len(client.connection_pool._in_use_connections)


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("decode", [False, True])
async def test_pong_is_ok(make_client: MakeClient, protocol: int, decode: bool, ask: Ask) -> None:
    """A client that gets PONG is available, whatever it makes of answers."""
    client = make_client(protocol=protocol, decode_responses=decode)

    assert await ask(client) == "ok"


async def test_connection_goes_back(server: FakeRedis, make_client: MakeClient, ask: Ask) -> None:
    """Checks share one connection, which is free after each."""
    client = make_client()

    for _ in range(3):
        await ask(client)

    assert (free(client), in_use(client)) == (1, 0)
    assert server.connections == 1


async def test_asks_once(server: FakeRedis, make_client: MakeClient, ask: Ask) -> None:
    """A client that checks its connections by PING itself is asked no second one."""
    client = make_client(health_check_interval=60)
    await ask(client)
    client.connection_pool._available_connections[0].next_health_check = -1
    server.asked.clear()

    await ask(client)

    assert server.asked == [["PING"]]


async def test_callable(make_client: MakeClient, ask: Ask) -> None:
    """A callable may give the client."""
    client = make_client()

    assert await ask(lambda: client) == "ok"


async def test_not_pong(server: FakeRedis, make_client: MakeClient, ask: Ask) -> None:
    """An answer other than PONG is unhealthy."""
    server.replies["PING"] = b"+HELLO\r\n"

    assert await ask(make_client()) == "unhealthy"


async def test_rejected_password(server: FakeRedis, make_client: MakeClient, ask: Ask) -> None:
    """A client with a wrong password is an authentication error."""
    server.password = "secret"
    client = make_client(password="wrong", protocol=2, retry=Retry(ConstantBackoff(0), 0))

    assert await ask(client) == "auth_error"


async def test_unix_socket(unix_server: FakeRedis, ask: Ask) -> None:
    """A client on a unix socket is asked like any other."""
    client = Redis(unix_socket_path=unix_server.host)
    try:
        assert await ask(client) == "ok"
    finally:
        await client.aclose()


async def test_client_of_another_loop(make_client: MakeClient) -> None:
    """A client that has connections on another loop is not touched."""
    client = make_client()
    await client.echo("first")
    checking = check_once(RedisChecker(client=client), Endpoint("h", "1"))

    result = await asyncio.to_thread(asyncio.run, checking)

    assert "another event loop" in result.reason
    assert await client.echo("mine") == b"mine"


async def test_blocking_pool_that_is_not_full(
    make_client: MakeClient, server: FakeRedis, ask: Ask
) -> None:
    """A pool that would wait for a free connection gives one that it has."""
    pool = BlockingConnectionPool(host=server.host, port=server.port, max_connections=1)
    client = Redis(connection_pool=pool)
    try:
        assert await ask(client) == "ok"
    finally:
        await pool.disconnect()
