"""What can be told of an `asyncpg.Pool` from outside."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from dephealth import ConfigurationError

from ._parsing import Arguments, addresses_in

_METHODS = ("acquire", "release", "get_size", "get_max_size", "get_idle_size")
_SOCKET = ".s.PGSQL."


def verify(pool: Any) -> None:
    """Accept *pool* if it has what a check needs; raise `ConfigurationError` if not."""
    if not all(callable(getattr(pool, name, None)) for name in _METHODS):
        given = type(pool)
        raise ConfigurationError(
            f"pool= must be an asyncpg.Pool or a callable that gives one, "
            f"not {given.__module__}.{given.__qualname__}"
        )


def loop_of(pool: Any) -> asyncio.AbstractEventLoop | None:
    """The loop that *pool* was made for, None if that cannot be told."""
    loop = getattr(pool, "_loop", None)
    return loop if isinstance(loop, asyncio.AbstractEventLoop) else None


def is_exhausted(pool: Any) -> bool:
    """Whether every connection that *pool* may have is there and in use."""
    return bool(pool.get_idle_size() == 0 and pool.get_size() == pool.get_max_size())


def arguments_of(pool: Any) -> Arguments:
    """What *pool* gives to `asyncpg.connect`; empty if that cannot be told."""
    args = getattr(pool, "_connect_args", None)
    keywords = getattr(pool, "_connect_kwargs", None)
    if not isinstance(args, Sequence) or not isinstance(keywords, Mapping):
        return {}
    return {"dsn": args[0] if args else None, **keywords}


def connects_by_itself(pool: Any) -> bool:
    """Whether *pool* has a function of the application make its connections."""
    return getattr(pool, "_connect", asyncpg.connect) is not asyncpg.connect


def locate(pool: Any) -> tuple[str, int]:
    """Host, or the directory of the socket, and port that *pool* connects to first.

    Raises:
        ConfigurationError: They cannot be told.
    """
    with contextlib.suppress(ConfigurationError, ValueError, TypeError):
        addresses = _addresses(pool)
        # Where nothing is configured, sockets that may be there come before localhost.
        likely = [at for at in addresses if not isinstance(at, str) or Path(at).exists()]
        for first in [*likely, *addresses]:
            return _host_and_port(first)
    raise ConfigurationError("pool= does not tell its address: give host= and port= as well")


def names_of(pool: Any) -> Sequence[str]:
    """The hosts that *pool* connects to; empty if they cannot be told."""
    try:
        return [at[0] for at in _addresses(pool) if not isinstance(at, str)]
    except ConfigurationError:
        return []


def _addresses(pool: Any) -> Sequence[Any]:
    arguments = arguments_of(pool)
    named = any(arguments.get(key) for key in ("dsn", "host", "service"))
    believed = arguments and (named or not connects_by_itself(pool))
    return addresses_in(arguments) if believed else []


def _host_and_port(address: str | tuple[str, int]) -> tuple[str, int]:
    if isinstance(address, str):
        directory, name = os.path.split(address)
        return directory, int(name.removeprefix(_SOCKET))
    host, port = address
    return host, port
