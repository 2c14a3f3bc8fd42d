"""What can be told of an `aiomysql.Pool` from outside."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from dephealth import ConfigurationError

from ._connecting import Arguments

_ATTRIBUTES = ("acquire", "release", "size", "maxsize", "freesize")
_LOGIN = frozenset(
    {
        *("host", "port", "unix_socket", "user", "password", "db", "ssl", "charset"),
        *("auth_plugin", "server_public_key", "client_flag", "program_name"),
        *("read_default_file", "read_default_group"),
    }
)
"""What of a pool's arguments is about connecting, rather than about what follows."""


def verify(pool: Any) -> None:
    """Accept *pool* if it has what a check needs; raise `ConfigurationError` if not."""
    if not all(hasattr(pool, name) for name in _ATTRIBUTES):
        given = type(pool)
        raise ConfigurationError(
            f"pool= must be an aiomysql.Pool or a callable that gives one, "
            f"not {given.__module__}.{given.__qualname__}"
        )


def loop_of(pool: Any) -> asyncio.AbstractEventLoop | None:
    """The loop that *pool* was made for, None if that cannot be told."""
    loop = getattr(pool, "_loop", None)
    return loop if isinstance(loop, asyncio.AbstractEventLoop) else None


def is_exhausted(pool: Any) -> bool:
    """Whether every connection that *pool* may have is there and in use."""
    return bool(pool.freesize == 0 and pool.size == pool.maxsize)


def has_one_free(pool: Any) -> bool:
    """Whether *pool* can give a connection without waiting for anybody else."""
    condition = getattr(pool, "_cond", None)
    return (
        bool(pool.freesize) and isinstance(condition, asyncio.Condition) and not condition.locked()
    )


def arguments_of(pool: Any) -> Arguments:
    """What *pool* connects with; empty if that cannot be told."""
    keywords = getattr(pool, "_conn_kwargs", None)
    if not isinstance(keywords, Mapping):
        return {}
    return {name: keywords[name] for name in keywords.keys() & _LOGIN}


def locate(pool: Any) -> tuple[str, int]:
    """Host, or path of the socket, and port that *pool* connects to.

    Raises:
        ConfigurationError: They cannot be told.
    """
    arguments = arguments_of(pool)
    if not arguments or arguments.get("read_default_file"):
        raise ConfigurationError("pool= does not tell its address: give host= and port= as well")
    socket = arguments.get("unix_socket")
    if socket:
        return socket, 0
    return arguments.get("host", "localhost"), arguments.get("port", 3306)


def wake_next(pool: Any) -> asyncio.Future[None] | None:
    """Have the next who waits for a connection of *pool* look again.

    What aiomysql forgets when a closed connection comes back, and asyncio when
    it cancels one who was just being woken.
    """
    wake = getattr(pool, "_wakeup", None)
    return asyncio.ensure_future(wake()) if wake is not None else None
