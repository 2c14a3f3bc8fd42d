"""PING through the application's client, which finds it as it was."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import Parameter, signature
from typing import Any

from redis import exceptions
from redis.asyncio import Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.connection import (
    ConnectionPool,
    SSLConnection,
    UnixDomainSocketConnection,
)

from dephealth import (
    POOL_EXHAUSTED,
    CheckConnectionRefusedError,
    CheckError,
    CheckTlsError,
    UnhealthyError,
    pool_timeout,
    resolve,
)

from ._errors import failed_to_connect
from ._ping import abandon, answers, ping_shared

_NAMED = signature(ConnectionPool.get_connection).parameters["command_name"]
# Up to 5.2 the pool wants the command's name; later ones warn when they get one.
_COMMAND = ("PING",) if _NAMED.default is Parameter.empty else ()


async def ping_through(client: Redis | RedisCluster) -> None:
    """Return if *client* gets PONG.

    Raises:
        CheckError: It does not, and why is known; `pool_exhausted` if it has
            no free connection though the server answers.
        RedisError: It does not.
    """
    if isinstance(client, RedisCluster):
        await _ping_cluster(client)
    elif client.single_connection_client:
        with _explained(client.connection_pool.connection_class):
            if not await client.ping():
                raise UnhealthyError("PING was not answered with PONG")
    else:
        await _ping_pool(client.connection_pool)


async def _ping_pool(pool: Any) -> None:
    await _look_up(pool)
    with _explained(pool.connection_class):
        connection = await _taken(pool)
        if connection is None:
            await answers(pool.make_connection())
            raise _exhausted(pool.max_connections)
        try:
            await ping_shared(connection)
        finally:
            await pool.release(connection)


async def _look_up(pool: Any) -> None:
    """Wait until the name that *pool* may be about to connect to is found.

    redis-py looks it up in the executor of the application, whose few threads
    a name server that hangs would keep check by check.
    """
    sentinels = getattr(getattr(pool, "sentinel_manager", None), "sentinels", ())
    for one in [sentinel.connection_pool for sentinel in sentinels] or [pool]:
        host = one.connection_kwargs.get("host")
        if host and not getattr(pool, "_available_connections", None):
            with contextlib.suppress(OSError):  # the client meets it as well
                await resolve(host)


async def _taken(pool: Any) -> Any:
    """A connection of *pool*, None if none is free in time."""
    await _close_ended(pool)
    try:
        async with pool_timeout() if _is_exhausted(pool) else contextlib.nullcontext():
            return await pool.get_connection(*_COMMAND)
    except (exceptions.ConnectionError, TimeoutError):
        if not _is_exhausted(pool):
            raise
    return None


async def _close_ended(pool: Any) -> None:
    """Close the connection that *pool* would give if the server has ended it.

    The pool would do so too, but inside of an ``except``. What fails there
    loses its cause: CPython may replace the context of an exception that
    leaves an ``await`` in an ``except`` by the one that is being handled.
    """
    idle = getattr(pool, "_available_connections", None)
    reader = getattr(idle[-1], "_reader", None) if idle else None
    if idle and reader is not None and (reader.at_eof() or reader.exception() is not None):
        await abandon(idle[-1])


def _is_exhausted(pool: Any) -> bool:
    # Private, and the same in all versions; a pool without it is not known to be exhausted.
    in_use = getattr(pool, "_in_use_connections", ())
    return bool(len(in_use) >= pool.max_connections)


async def _ping_cluster(client: RedisCluster) -> None:
    """One node that answers is enough, as it is for the client itself.

    The client's own PING would leave a connection behind for each node that
    cannot be reached (up to redis-py 7), and throw its knowledge of the cluster away.
    """
    nodes = client.get_nodes() or list(client.nodes_manager.startup_nodes.values())
    failures: list[exceptions.RedisError] = []
    for node in nodes:
        if not getattr(node, "_free", None):
            with contextlib.suppress(OSError):  # the client meets it as well
                await resolve(node.host)
        try:
            await _ping_node(node)
        except (exceptions.ConnectionError, exceptions.TimeoutError) as exc:
            failures.append(exc)
        else:
            # Does nothing from the second time on.
            await client.initialize()  # type: ignore[unused-awaitable]  # gives the client
            return
    raise failures[0]


async def _ping_node(node: ClusterNode) -> None:
    with _explained(node.connection_class):
        try:
            connection = node.acquire_connection()
        except exceptions.MaxConnectionsError:
            connection = None
        if connection is None:
            await answers(node.connection_class(**node.connection_kwargs))
            raise _exhausted(node.max_connections)
        # Up to 5.3 a node has no method for it.
        release = getattr(node, "release", None) or node._free.append  # noqa: SLF001
        try:
            await ping_shared(connection)
        finally:
            release(connection)


def _exhausted(size: int) -> CheckError:
    return CheckError(
        f"none of the {size} connections of the client's pool is free, but the server answers",
        POOL_EXHAUSTED.status,
        POOL_EXHAUSTED.detail,
    )


@contextmanager
def _explained(connection_class: type[Any]) -> Iterator[None]:
    """Say what redis-py does not: in which phase of opening a connection it failed."""
    try:
        yield
    except (exceptions.ConnectionError, asyncio.CancelledError) as exc:
        for error in failed_to_connect(exc):
            if isinstance(error, FileNotFoundError) and issubclass(
                connection_class, UnixDomainSocketConnection
            ):
                raise exc from CheckConnectionRefusedError("there is no such unix socket")
            cut = isinstance(error, ConnectionError) and not isinstance(
                error, ConnectionRefusedError
            )
            if cut and issubclass(connection_class, SSLConnection):
                raise exc from CheckTlsError("the connection was cut while TLS was being set up")
        raise
