"""What is read from a client, and which are refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import redis
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis, RedisCluster, Sentinel
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.connection import AbstractConnection

from dephealth import ConfigurationError, Endpoint, check_once
from dephealth_redis import RedisChecker


class Elsewhere(AbstractConnection):
    """A connection that somebody made up."""

    async def _connect(self) -> None:
        raise NotImplementedError

    def _host_error(self) -> str:
        return "elsewhere"

    def repr_pieces(self) -> list[tuple[str, str]]:
        return []


def watched_by(*hosts: str) -> Any:
    return Sentinel([(host, 26379) for host in hosts])  # type: ignore[no-untyped-call]


NODES = [ClusterNode("10.0.0.1", 7000), ClusterNode("10.0.0.2", 7001)]


@pytest.mark.parametrize(
    ("make", "address"),
    [
        (Redis, ("localhost", 6379)),
        (lambda: Redis(host="h", port=1), ("h", 1)),
        (lambda: Redis.from_url("redis://redis.svc"), ("redis.svc", 6379)),
        (lambda: Redis.from_url("redis://redis.svc:6380/2"), ("redis.svc", 6380)),
        (lambda: Redis.from_url("redis://"), ("localhost", 6379)),
        (lambda: Redis(connection_pool=BlockingConnectionPool(host="h")), ("h", 6379)),
        (lambda: Redis(unix_socket_path="/run/redis"), ("/run/redis", 0)),
        (lambda: Redis.from_url("unix:///run/redis?db=1"), ("/run/redis", 0)),
        (lambda: Redis(single_connection_client=True), ("localhost", 6379)),
        (lambda: watched_by("s1", "s2").master_for("main"), ("s1", 26379)),
        (lambda: RedisCluster(startup_nodes=NODES), ("10.0.0.1", 7000)),
    ],
)
async def test_address(make: Any, address: tuple[str, int]) -> None:
    """The address is the one that the client is configured with, the first of several."""
    assert RedisChecker().locate(make()) == address


async def test_address_that_cannot_be_told() -> None:
    """A client of no known kind of connection needs an address beside it."""
    client = Redis(connection_pool=ConnectionPool(connection_class=Elsewhere))

    with pytest.raises(ConfigurationError, match="host= and port="):
        RedisChecker().locate(client)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (redis.Redis(), "blocking redis.Redis: give a redis.asyncio.Redis"),
        ("redis://h", "must be a redis.asyncio.Redis .* not str"),
        (42, "must be a redis.asyncio.Redis .* not int"),
    ],
)
def test_refused(source: object, message: str) -> None:
    """What is no client of redis.asyncio is refused with what would be right."""
    with pytest.raises(ConfigurationError, match=message):
        RedisChecker(client=source)


async def test_refused_from_a_callable() -> None:
    """What a callable gives is looked at too."""
    checker = RedisChecker(client=redis.Redis)

    result = await check_once(checker, Endpoint("h", "1"))

    assert "blocking" in result.reason


async def test_loop_of_a_new_client() -> None:
    """A client without connections belongs to no loop yet."""
    assert RedisChecker().loop_of(Redis()) is None
    assert RedisChecker().loop_of(RedisCluster(startup_nodes=NODES)) is None


async def test_loop_of_a_connected_client(server: Any) -> None:
    """A client belongs to the loop that it has connections on."""
    async with Redis(host=server.host, port=server.port) as client:
        await client.echo("first")
        assert RedisChecker().loop_of(client) is asyncio.get_running_loop()
    async with Redis(host=server.host, port=server.port, single_connection_client=True) as client:
        await client.echo("first")
        assert RedisChecker().loop_of(client) is asyncio.get_running_loop()


async def test_loop_of_a_connected_cluster(server: Any) -> None:
    """So does the client of a cluster."""
    node = f"*3\r\n$9\r\n{server.host}\r\n:{server.port}\r\n$1\r\n0\r\n"
    server.replies["CLUSTER"] = f"*1\r\n*3\r\n:0\r\n:16383\r\n{node}".encode()
    async with RedisCluster(host=server.host, port=server.port) as client:
        assert RedisChecker().loop_of(client) is asyncio.get_running_loop()
