"""How a check leaves the client of the application."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from redis.asyncio import Redis

from dephealth import Endpoint
from dephealth_redis import RedisChecker

if TYPE_CHECKING:
    from conftest import Ask, FakeRedis, MakeClient


def free(client: Redis) -> int:
    return len(client.connection_pool._available_connections)


def in_use(client: Redis) -> int:
    return len(client.connection_pool._in_use_connections)


@pytest.mark.parametrize("command", ["HELLO", "PING"])
async def test_deadline_leaves_the_client_in_step(
    server: FakeRedis, make_client: MakeClient, command: str, ask: Ask
) -> None:
    """After a check that was cut short, the next command gets its own answer."""
    client = make_client(protocol=3)
    server.held.add(command)

    assert await ask(client, 0.2) == "timeout"

    server.release()
    assert await client.echo("mine") == b"mine"
    assert in_use(client) == 0


async def test_failure_leaves_the_client_in_step(
    server: FakeRedis, make_client: MakeClient, ask: Ask
) -> None:
    """After an error reply, the next command gets its own answer."""
    client = make_client()
    server.replies["PING"] = b"-LOADING not yet\r\n"

    assert await ask(client) == "unhealthy"

    assert await client.echo("mine") == b"mine"
    assert (free(client), in_use(client)) == (1, 0)


async def test_cancelled_at_any_moment(
    server: FakeRedis, make_client: MakeClient, ask: Ask
) -> None:
    """A check that is cancelled at any moment gives the connection back, in step."""
    client = make_client()
    checker = RedisChecker(client=client)
    for moment in range(60):
        task = asyncio.create_task(checker.check(Endpoint("client.invalid", "1")))
        for _ in range(moment):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=1)
        assert in_use(client) == 0
        assert await client.echo(str(moment)) == str(moment).encode()


async def test_single_connection(server: FakeRedis, make_client: MakeClient, ask: Ask) -> None:
    """A client that has one connection only is asked on that one."""
    client = make_client(single_connection_client=True)
    await client.echo("first")

    assert await ask(client) == "ok"
    assert server.connections == 1

    server.replies["PING"] = b"+HELLO\r\n"
    assert await ask(client) == "unhealthy"


async def test_single_connection_stays_in_step(
    server: FakeRedis, make_client: MakeClient, ask: Ask
) -> None:
    """After a check that was cut short, its next command gets its own answer."""
    client = make_client(single_connection_client=True)
    await client.echo("first")
    server.held.add("PING")

    assert await ask(client, 0.2) == "timeout"

    server.release()
    assert await client.echo("mine") == b"mine"


async def test_single_connection_that_is_busy(
    server: FakeRedis, make_client: MakeClient, ask: Ask
) -> None:
    """A check that waits for its turn on the one connection does not disturb who has it."""
    client = make_client(single_connection_client=True)
    server.held.add("ECHO")
    busy = asyncio.ensure_future(client.echo("mine"))
    await server.until_asked("ECHO")

    assert await ask(client, 0.2) == "timeout"

    server.release()
    assert await busy == b"mine"
    assert server.connections == 1
