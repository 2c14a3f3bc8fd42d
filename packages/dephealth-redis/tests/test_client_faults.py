"""A client whose server fails."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from redis.asyncio import Redis, RedisCluster, Sentinel
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from dephealth_redis._client import _close_ended
from dephealth_testing import (
    Close,
    Fault,
    FaultProxy,
    Refuse,
    Reset,
    Silent,
    assert_nothing_left,
    silent_resolver,
)

if TYPE_CHECKING:
    from conftest import Ask, FakeRedis, MakeClient

BOUND = 10.0


def in_use(client: Redis) -> int:
    return len(client.connection_pool._in_use_connections)


async def until_ended(client: Redis) -> None:
    """Wait until the end of the idle connection has arrived."""
    reader = client.connection_pool._available_connections[0]._reader
    assert reader is not None
    async with asyncio.timeout(BOUND):
        while not (reader.at_eof() or reader.exception()):
            await asyncio.sleep(0)


async def test_connection_that_the_server_ended(
    server: FakeRedis, make_client: MakeClient, ask: Ask
) -> None:
    """An idle connection that a restart has cut is no false alarm."""
    client = make_client()
    await ask(client)
    await server.stop()
    await server.start()

    assert await ask(client) == "ok"


@pytest.mark.parametrize("fault", [Reset(), Close()])
async def test_ended_connection_is_closed(
    server: FakeRedis, make_client: MakeClient, fault: Fault, ask: Ask
) -> None:
    """Before the pool gives a connection that the server has ended, it is closed."""
    async with FaultProxy((server.host, server.port)) as proxy:
        client = make_client(proxy.port)
        await ask(client)
        [connection] = client.connection_pool._available_connections
        await _close_ended(client.connection_pool)
        assert connection.is_connected
        proxy.behave(fault)
        await until_ended(client)

        await _close_ended(client.connection_pool)

        assert not connection.is_connected


@pytest.mark.parametrize(("backoff", "retries"), [(0, 0), (60, 3)])
@pytest.mark.parametrize("fault", [Reset(), Close()])
async def test_refused_after_a_cut(
    server: FakeRedis, make_client: MakeClient, fault: Fault, backoff: int, retries: int, ask: Ask
) -> None:
    """A server that has cut an idle connection, and refuses new ones, refuses."""
    async with FaultProxy((server.host, server.port)) as proxy:
        client = make_client(proxy.port, retry=Retry(ConstantBackoff(backoff), retries))
        await ask(client)
        proxy.behave(fault)
        await until_ended(client)
        proxy.behave(Refuse())

        assert await ask(client, 0.3) == "connection_refused"


async def test_cut_under_way(server: FakeRedis, make_client: MakeClient, ask: Ask) -> None:
    """A connection that is cut while PING is under way gets a second chance, on a new one."""
    client = make_client()
    server.held.add("PING")
    checking = asyncio.create_task(ask(client))
    await server.until_asked("PING")
    server.hang_up()
    server.release()

    assert await checking == "ok"
    assert server.connections == 2


async def test_refused(make_client: MakeClient, ask: Ask) -> None:
    """A client that nobody listens to is refused."""
    async with FaultProxy(fault=Refuse()) as proxy:
        client = make_client(proxy.port, retry=Retry(ConstantBackoff(0), 0))

        assert await ask(client) == "connection_refused"


async def test_refused_while_the_client_retries(make_client: MakeClient, ask: Ask) -> None:
    """A refusal is known as such, though the client's own retries outlast the check."""
    async with FaultProxy(fault=Refuse()) as proxy:
        client = make_client(proxy.port, retry=Retry(ConstantBackoff(60), 3))

        assert await ask(client, 0.3) == "connection_refused"


@pytest.mark.parametrize("fault", [Reset(), Close()])
async def test_cut(make_client: MakeClient, fault: Fault, ask: Ask) -> None:
    """A client whose connections are cut is told as that."""
    async with FaultProxy(fault=fault) as proxy:
        client = make_client(proxy.port, retry=Retry(ConstantBackoff(0), 0))

        assert await ask(client) == "connection_reset"


async def test_hangs_after_a_cut(server: FakeRedis, make_client: MakeClient, ask: Ask) -> None:
    """A server that cuts an idle connection and then hangs is a timeout."""
    async with FaultProxy((server.host, server.port)) as proxy:
        client = make_client(proxy.port, retry=Retry(ConstantBackoff(0), 0))
        await ask(client)
        server.hang_up()
        await server.until(lambda: not server.open)
        proxy.behave(Silent())

        assert await ask(client, 0.3) == "timeout"


async def test_failing_checks_leave_nothing(make_client: MakeClient, ask: Ask) -> None:
    """Checks of a client whose server hangs leave no socket and no task."""
    async with FaultProxy(fault=Silent()) as proxy:
        client = make_client(proxy.port)
        async with assert_nothing_left():
            for _ in range(10):
                await ask(client, 0.1)

    assert in_use(client) == 0


async def test_missing_unix_socket(ask: Ask) -> None:
    """A unix socket that does not exist is one where nobody listens."""
    client = Redis(unix_socket_path="/nonexistent/redis", retry=Retry(ConstantBackoff(0), 0))

    assert await ask(client) == "connection_refused"


@pytest.mark.parametrize("kind", ["client", "of a Sentinel", "of a cluster"])
async def test_name_that_is_not_resolved(ask: Ask, kind: str) -> None:
    """Before the client looks a name up in the loop's executor, it is looked up without it."""
    async with AsyncExitStack() as stack:
        stack.enter_context(silent_resolver("redis.invalid"))
        if kind == "of a cluster":
            client: Redis | RedisCluster = RedisCluster(host="redis.invalid")
        elif kind == "of a Sentinel":
            watching = Sentinel([("redis.invalid", 26379)])  # type: ignore[no-untyped-call]
            client = watching.master_for("main")
            stack.push_async_callback(watching.sentinels[0].aclose)
        else:
            client = Redis(host="redis.invalid")
        stack.push_async_callback(client.aclose)
        assert await ask(client, timeout=1.0) == "dns_error"


@pytest.mark.parametrize("answer", [b"*1\r\n" * 5_000, b"$much\r\n"])
async def test_answer_without_sense(
    server: FakeRedis, make_client: MakeClient, ask: Ask, answer: bytes
) -> None:
    """What redis-py stumbles over is an error that is known."""
    server.replies["PING"] = answer

    assert await ask(make_client()) == "error"
