"""PING through a client of the application, and how it is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import pytest
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from dephealth import Endpoint, SingleCheck, check_once
from dephealth_redis import RedisChecker
from dephealth_testing import Close, Fault, FaultProxy, Refuse, Reset, Silent, assert_nothing_left

if TYPE_CHECKING:
    from conftest import FakeRedis

ANYWHERE = Endpoint("client.invalid", "1")
"""A client knows by itself where to go."""

BOUND = 10.0

MakeClient = Callable[..., Redis]


@pytest.fixture
async def make_client(server: FakeRedis) -> AsyncIterator[MakeClient]:
    """Make clients of the server that are closed at the end."""
    clients: list[Redis] = []

    def make(port: int | None = None, **options: Any) -> Redis:
        client = Redis(host=server.host, port=port or server.port, **options)
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.aclose()
        await client.connection_pool.disconnect()


async def ask(client: Any, timeout: float = 2.0) -> SingleCheck:
    return await check_once(RedisChecker(client=client), ANYWHERE, timeout)


def detail(result: SingleCheck) -> str:
    assert result.outcome is not None
    assert result.expected, result
    return result.outcome.detail


def free(client: Redis) -> int:
    return len(client.connection_pool._available_connections)


def in_use(client: Redis) -> int:
    return len(client.connection_pool._in_use_connections)


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("decode", [False, True])
async def test_pong_is_ok(make_client: MakeClient, protocol: int, decode: bool) -> None:
    """A client that gets PONG is available, whatever it makes of answers."""
    client = make_client(protocol=protocol, decode_responses=decode)

    assert detail(await ask(client)) == "ok"


async def test_connection_goes_back(server: FakeRedis, make_client: MakeClient) -> None:
    """Checks share one connection, which is free after each."""
    client = make_client()

    for _ in range(3):
        await ask(client)

    assert (free(client), in_use(client)) == (1, 0)
    assert server.connections == 1


async def test_asks_once(server: FakeRedis, make_client: MakeClient) -> None:
    """A client that checks its connections by PING itself is asked no second one."""
    client = make_client(health_check_interval=60)
    await ask(client)
    client.connection_pool._available_connections[0].next_health_check = -1
    server.asked.clear()

    await ask(client)

    assert server.asked == [["PING"]]


async def test_callable(make_client: MakeClient) -> None:
    """A callable may give the client."""
    client = make_client()

    assert detail(await ask(lambda: client)) == "ok"


async def test_not_pong(server: FakeRedis, make_client: MakeClient) -> None:
    """An answer other than PONG is unhealthy."""
    server.replies["PING"] = b"+HELLO\r\n"

    assert detail(await ask(make_client())) == "unhealthy"


async def test_rejected_password(server: FakeRedis, make_client: MakeClient) -> None:
    """A client with a wrong password is an authentication error."""
    server.password = "secret"
    client = make_client(password="wrong", protocol=2, retry=Retry(ConstantBackoff(0), 0))

    assert detail(await ask(client)) == "auth_error"


@pytest.mark.parametrize("command", ["HELLO", "PING"])
async def test_deadline_leaves_the_client_in_step(
    server: FakeRedis, make_client: MakeClient, command: str
) -> None:
    """After a check that was cut short, the next command gets its own answer."""
    client = make_client(protocol=3)
    server.held.add(command)

    assert detail(await ask(client, 0.2)) == "timeout"

    server.release()
    assert await client.echo("mine") == b"mine"
    assert in_use(client) == 0


async def test_failure_leaves_the_client_in_step(
    server: FakeRedis, make_client: MakeClient
) -> None:
    """After an error reply, the next command gets its own answer."""
    client = make_client()
    server.replies["PING"] = b"-LOADING not yet\r\n"

    assert detail(await ask(client)) == "unhealthy"

    assert await client.echo("mine") == b"mine"
    assert (free(client), in_use(client)) == (1, 0)


async def test_cancelled_at_any_moment(server: FakeRedis, make_client: MakeClient) -> None:
    """A check that is cancelled at any moment gives the connection back, in step."""
    client = make_client()
    checker = RedisChecker(client=client)
    for moment in range(60):
        task = asyncio.create_task(checker.check(ANYWHERE))
        for _ in range(moment):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=1)
        assert in_use(client) == 0
        assert await client.echo(str(moment)) == str(moment).encode()


async def test_connection_that_the_server_ended(server: FakeRedis, make_client: MakeClient) -> None:
    """An idle connection that a restart has cut is no false alarm."""
    client = make_client()
    await ask(client)
    await server.stop()
    await server.start()

    assert detail(await ask(client)) == "ok"


async def test_refused(make_client: MakeClient) -> None:
    """A client that nobody listens to is refused."""
    async with FaultProxy(fault=Refuse()) as proxy:
        client = make_client(proxy.port, retry=Retry(ConstantBackoff(0), 0))

        assert detail(await ask(client)) == "connection_refused"


@pytest.mark.parametrize(("backoff", "retries"), [(0, 0), (60, 3)])
@pytest.mark.parametrize("fault", [Reset(), Close()])
async def test_refused_after_a_cut(
    server: FakeRedis, make_client: MakeClient, fault: Fault, backoff: int, retries: int
) -> None:
    """A server that has cut an idle connection, and refuses new ones, refuses."""
    async with FaultProxy((server.host, server.port)) as proxy:
        client = make_client(proxy.port, retry=Retry(ConstantBackoff(backoff), retries))
        await ask(client)
        reader = client.connection_pool._available_connections[0]._reader
        assert reader is not None
        proxy.behave(fault)
        async with asyncio.timeout(BOUND):
            while not (reader.at_eof() or reader.exception()):
                await asyncio.sleep(0)
        proxy.behave(Refuse())

        assert detail(await ask(client, 0.3)) == "connection_refused"


async def test_refused_while_the_client_retries(make_client: MakeClient) -> None:
    """A refusal is known as such, though the client's own retries outlast the check."""
    async with FaultProxy(fault=Refuse()) as proxy:
        client = make_client(proxy.port, retry=Retry(ConstantBackoff(60), 3))

        assert detail(await ask(client, 0.3)) == "connection_refused"


@pytest.mark.parametrize("fault", [Reset(), Close()])
async def test_cut(make_client: MakeClient, fault: Fault) -> None:
    """A client whose connections are cut is told as that."""
    async with FaultProxy(fault=fault) as proxy:
        client = make_client(proxy.port, retry=Retry(ConstantBackoff(0), 0))

        assert detail(await ask(client)) == "connection_reset"


async def test_hangs_after_a_cut(server: FakeRedis, make_client: MakeClient) -> None:
    """A server that cuts an idle connection and then hangs is a timeout."""
    async with FaultProxy((server.host, server.port)) as proxy:
        client = make_client(proxy.port, retry=Retry(ConstantBackoff(0), 0))
        await ask(client)
        server.hang_up()
        await server.until(lambda: not server.open)
        proxy.behave(Silent())

        assert detail(await ask(client, 0.3)) == "timeout"


async def test_failing_checks_leave_nothing(make_client: MakeClient) -> None:
    """Checks of a client whose server hangs leave no socket and no task."""
    async with FaultProxy(fault=Silent()) as proxy:
        client = make_client(proxy.port)
        async with assert_nothing_left():
            for _ in range(10):
                await ask(client, 0.1)

    assert in_use(client) == 0


async def test_unix_socket(unix_server: FakeRedis) -> None:
    """A client on a unix socket is asked like any other."""
    client = Redis(unix_socket_path=unix_server.host)
    try:
        assert detail(await ask(client)) == "ok"
    finally:
        await client.aclose()


async def test_missing_unix_socket() -> None:
    """A unix socket that does not exist is one where nobody listens."""
    client = Redis(unix_socket_path="/nonexistent/redis", retry=Retry(ConstantBackoff(0), 0))

    assert detail(await ask(client)) == "connection_refused"


async def test_single_connection(server: FakeRedis, make_client: MakeClient) -> None:
    """A client that has one connection only is asked on that one."""
    client = make_client(single_connection_client=True)
    await client.echo("first")

    assert detail(await ask(client)) == "ok"
    assert server.connections == 1

    server.replies["PING"] = b"+HELLO\r\n"
    assert detail(await ask(client)) == "unhealthy"


async def test_single_connection_stays_in_step(server: FakeRedis, make_client: MakeClient) -> None:
    """After a check that was cut short, its next command gets its own answer."""
    client = make_client(single_connection_client=True)
    await client.echo("first")
    server.held.add("PING")

    assert detail(await ask(client, 0.2)) == "timeout"

    server.release()
    assert await client.echo("mine") == b"mine"


async def test_single_connection_that_is_busy(server: FakeRedis, make_client: MakeClient) -> None:
    """A check that waits for its turn on the one connection does not disturb who has it."""
    client = make_client(single_connection_client=True)
    server.held.add("ECHO")
    busy = asyncio.ensure_future(client.echo("mine"))
    await server.until_asked("ECHO")

    assert detail(await ask(client, 0.2)) == "timeout"

    server.release()
    assert await busy == b"mine"
    assert server.connections == 1


async def test_client_of_another_loop(make_client: MakeClient) -> None:
    """A client that has connections on another loop is not touched."""
    client = make_client()
    await client.echo("first")

    result = await asyncio.to_thread(asyncio.run, ask(client))

    assert "another event loop" in result.reason
    assert await client.echo("mine") == b"mine"


async def test_blocking_pool_that_is_not_full(make_client: MakeClient, server: FakeRedis) -> None:
    """A pool that would wait for a free connection gives one that it has."""
    pool = BlockingConnectionPool(host=server.host, port=server.port, max_connections=1)
    client = Redis(connection_pool=pool)
    try:
        assert detail(await ask(client)) == "ok"
    finally:
        await pool.disconnect()
