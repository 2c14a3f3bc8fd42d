"""The application's client: what it is, and where it leads."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import redis
from redis.asyncio import Redis, RedisCluster
from redis.asyncio.connection import Connection

from dephealth import ConfigurationError

Client = Redis | RedisCluster

_PORT = 6379


def verify(source: Any) -> None:
    """Raise `ConfigurationError` unless *source* is a client that can be asked."""
    if isinstance(source, redis.Redis | redis.RedisCluster):
        kind = type(source).__name__
        raise ConfigurationError(
            f"client= is a blocking redis.{kind}: give a redis.asyncio.{kind}, or url="
        )
    if not isinstance(source, Client):
        raise ConfigurationError(
            f"client= must be a redis.asyncio.Redis (a Sentinel's master_for() gives one) "
            f"or RedisCluster, not {type(source).__name__}"
        )


def address_of(client: Client) -> tuple[str, str | int]:
    """Host and port that *client* is configured with: of the first node or sentinel if of several.

    Raises:
        ConfigurationError: They cannot be told.
    """
    if isinstance(client, RedisCluster):
        node = next(iter(client.nodes_manager.startup_nodes.values()))
        return node.host, node.port
    pool = client.connection_pool
    sentinels = getattr(getattr(pool, "sentinel_manager", None), "sentinels", None)
    if sentinels:
        pool = sentinels[0].connection_pool
    given = pool.connection_kwargs
    if given.get("path"):
        return given["path"], 0
    if given.get("host") or issubclass(pool.connection_class, Connection):
        return given.get("host") or "localhost", given.get("port") or _PORT
    raise ConfigurationError(
        "the address cannot be read from client=: give host= and port= beside it"
    )


def loop_of(client: Client) -> asyncio.AbstractEventLoop | None:
    """The loop that *client* has connections on, None if it has none."""
    for connection in _connections(client):
        # Private, so its absence means that nothing is known.
        loop = getattr(getattr(connection, "_reader", None), "_loop", None)
        if isinstance(loop, asyncio.AbstractEventLoop):
            return loop
    return None


def _connections(client: Client) -> Iterator[Any]:
    if isinstance(client, RedisCluster):
        for node in client.get_nodes():
            yield from getattr(node, "_connections", ())
        return
    for name in ("_available_connections", "_in_use_connections"):
        yield from getattr(client.connection_pool, name, ())
