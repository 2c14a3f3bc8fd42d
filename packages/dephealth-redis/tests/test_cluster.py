"""PING through the client of a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import pytest
from redis.asyncio import RedisCluster
from redis.asyncio.cluster import ClusterNode

from dephealth_testing import Close, FaultProxy, Refuse, Silent

if TYPE_CHECKING:
    from conftest import Ask, FakeRedis

_SLOTS = 16384


def slots(*nodes: Any) -> bytes:
    """What CLUSTER SLOTS is answered in a cluster of these nodes."""
    size = _SLOTS // len(nodes)
    ranges = "".join(
        f"*3\r\n:{n * size}\r\n:{(n + 1) * size - 1}\r\n"
        f"*3\r\n$9\r\n{node.host}\r\n:{node.port}\r\n$1\r\n{n}\r\n"
        for n, node in enumerate(nodes)
    )
    return f"*{len(nodes)}\r\n{ranges}".encode()


MakeCluster = Callable[..., RedisCluster]


@pytest.fixture
async def make_cluster() -> AsyncIterator[MakeCluster]:
    """Make clients of a cluster that are closed at the end."""
    clients: list[RedisCluster] = []

    def make(*nodes: Any, **options: Any) -> RedisCluster:
        startup = [ClusterNode(node.host, node.port) for node in nodes]
        clients.append(RedisCluster(startup_nodes=startup, **options))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


async def echo(client: RedisCluster, text: str) -> Any:
    return await client.execute_command("ECHO", text, target_nodes=client.get_default_node())


def held(client: RedisCluster) -> int:
    """How many connections the client has that are not free."""
    nodes = [*client.get_nodes(), *client.nodes_manager.startup_nodes.values()]
    return sum(len(node._connections) - len(node._free) for node in nodes)


async def test_pong_is_ok(server: FakeRedis, make_cluster: MakeCluster, ask: Ask) -> None:
    """A cluster whose node answers is available, asked for the first time as later."""
    server.replies["CLUSTER"] = slots(server)
    client = make_cluster(server)

    assert await ask(client) == "ok"
    assert await ask(client) == "ok"
    assert held(client) == 0


async def test_not_a_cluster(server: FakeRedis, make_cluster: MakeCluster, ask: Ask) -> None:
    """A server that is no cluster is an error, as it is for every command of the client."""
    server.replies["CLUSTER"] = b"-ERR This instance has cluster support disabled\r\n"

    assert await ask(make_cluster(server)) == "error"


async def test_one_node_is_enough(server: FakeRedis, make_cluster: MakeCluster, ask: Ask) -> None:
    """A node that is down is no failure while another one answers."""
    async with FaultProxy((server.host, server.port)) as other:
        server.replies["CLUSTER"] = slots(other, server)
        client = make_cluster(server)
        await ask(client)
        other.behave(Refuse())

        assert await ask(client) == "ok"


async def test_connection_that_the_server_ended(
    server: FakeRedis, make_cluster: MakeCluster, ask: Ask
) -> None:
    """An idle connection that a restart has cut is no false alarm."""
    server.replies["CLUSTER"] = slots(server)
    client = make_cluster(server)
    await ask(client)
    await server.stop()
    await server.start()

    assert await ask(client) == "ok"


@pytest.mark.parametrize("known", [False, True])
async def test_all_nodes_down(
    server: FakeRedis, make_cluster: MakeCluster, known: bool, ask: Ask
) -> None:
    """If no node answers, it is the first one's failure, and no connection is lost to it."""
    async with FaultProxy((server.host, server.port)) as node:
        server.replies["CLUSTER"] = slots(node)
        client = make_cluster(node)
        if known:
            await client.initialize()  # type: ignore[unused-awaitable]
        node.behave(Refuse())

        for _ in range(3):
            assert await ask(client) == "connection_refused"
        assert held(client) == 0


async def test_deadline_leaves_the_client_in_step(
    server: FakeRedis, make_cluster: MakeCluster, ask: Ask
) -> None:
    """After a check that was cut short, the next command gets its own answer."""
    server.replies["CLUSTER"] = slots(server)
    client = make_cluster(server)
    await client.initialize()  # type: ignore[unused-awaitable]
    server.held.add("PING")

    assert await ask(client, 0.2) == "timeout"

    server.release()
    assert await echo(client, "mine") == b"mine"
    assert held(client) == 0


async def test_exhausted(server: FakeRedis, make_cluster: MakeCluster, ask: Ask) -> None:
    """A node whose connections are all in use is an exhausted pool if it answers."""
    server.replies["CLUSTER"] = slots(server)
    client = make_cluster(server, max_connections=1)
    await client.initialize()  # type: ignore[unused-awaitable]
    server.held.add("ECHO")
    busy = asyncio.create_task(echo(client, "mine"))
    await server.until_asked("ECHO")

    assert await ask(client) == "pool_exhausted"

    server.release()
    assert await busy == b"mine"


async def test_exhausted_by_a_server_that_hangs(
    server: FakeRedis, make_cluster: MakeCluster, ask: Ask
) -> None:
    """If it does not answer, that is what counts."""
    server.replies["CLUSTER"] = slots(server)
    client = make_cluster(server, max_connections=1)
    await client.initialize()  # type: ignore[unused-awaitable]
    server.held.update(["ECHO", "PING"])
    busy = asyncio.create_task(echo(client, "mine"))
    await server.until_asked("ECHO")

    assert await ask(client, 0.3) == "timeout"

    server.release()
    assert await busy == b"mine"


async def test_failure_of_the_first_node(
    server: FakeRedis, make_cluster: MakeCluster, ask: Ask
) -> None:
    """If all nodes fail in ways of their own, that of the first one is told."""
    upstream = (server.host, server.port)
    async with FaultProxy(upstream) as first, FaultProxy(upstream) as second:
        server.replies["CLUSTER"] = slots(first, second)
        client = make_cluster(server)
        await client.initialize()  # type: ignore[unused-awaitable]
        first.behave(Refuse())
        second.behave(Close())

        assert await ask(client) == "connection_refused"


async def test_hangs(server: FakeRedis, make_cluster: MakeCluster, ask: Ask) -> None:
    """A cluster that hangs is a timeout."""
    async with FaultProxy(fault=Silent()) as node:
        assert await ask(make_cluster(node), 0.2) == "timeout"
