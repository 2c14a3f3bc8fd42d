"""Asking the server on a connection of the application's pool."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import Any

import aiomysql

from dephealth import CheckError, pool_timeout, resolve

from ._asking import ask, ask_anew
from ._connecting import Arguments
from ._errors import was_sent
from ._pool import arguments_of, has_one_free, is_exhausted, wake_next

_READS_NO_TABLE = "SELECT 1"
"""The usual query: it begins no transaction, so there is none to end."""


async def ask_pool(pool: Any, query: str, own: Arguments | None) -> None:
    """Run *query* on a connection of *pool*, which gets it back in any case.

    After a failure it gets it back closed: an answer might be on its way still.

    Args:
        own: What to connect with if the pool has run dry; None: what it connects with itself.
    """
    connection = await _acquire(pool, query, own)
    # Cancelled, aiomysql forgets it, and over TLS it would wait for a server that hangs.
    transport = getattr(getattr(connection, "_writer", None), "transport", None)
    try:
        await _ask_as_guest(connection, query)
    except BaseException as exc:
        try:
            if isinstance(exc, CheckError):
                with contextlib.suppress(OSError):
                    await connection.ensure_closed()
        finally:
            if transport is not None:
                transport.abort()
            connection.close()
            pool.release(connection)
            wake_next(pool)
        raise
    pool.release(connection)


async def _ask_as_guest(connection: Any, query: str) -> None:
    """Run *query*, and end the transaction that it began."""
    within = connection.get_transaction_status()
    await ask(connection, query)
    if within or query == _READS_NO_TABLE:
        return
    # Of one that a SELECT began, aiomysql does not know.
    if connection.get_transaction_status() or not connection.get_autocommit():
        await connection.rollback()


async def _acquire(pool: Any, query: str, own: Arguments | None) -> Any:
    if has_one_free(pool):
        return await pool.acquire()
    if not is_exhausted(pool):
        await _look_up(pool)
    # In a task of its own: who waits for aiomysql's pool cannot leave while others connect.
    acquiring = asyncio.ensure_future(pool.acquire())
    try:
        with contextlib.suppress(TimeoutError):
            async with pool_timeout():
                await asyncio.wait([acquiring])
        if not acquiring.done() and is_exhausted(pool):
            await _judge(pool, query, own)
        await asyncio.wait([acquiring])
    except BaseException:
        acquiring.cancel()
        acquiring.add_done_callback(partial(_undo, pool))
        raise
    return acquiring.result()


async def _look_up(pool: Any) -> None:
    """Wait until the name that *pool* is about to connect to is found.

    The pool looks it up in the executor of the application, whose few threads
    a name server that hangs would keep check by check.
    """
    arguments = arguments_of(pool)
    if arguments.get("host") and not arguments.get("unix_socket"):
        with contextlib.suppress(OSError):  # the pool meets it as well
            await resolve(arguments["host"])


def _undo(pool: Any, acquiring: asyncio.Future[Any]) -> None:
    """Give back what nobody waits for any more."""
    if acquiring.cancelled():
        wake_next(pool)
    elif acquiring.exception() is None:
        pool.release(acquiring.result())


async def _judge(pool: Any, query: str, own: Arguments | None) -> None:
    """Raise what keeps *pool* busy: the application if the server answers, else the server."""
    arguments = own or arguments_of(pool)
    if not arguments:
        raise TimeoutError("no connection of the pool was free in time")
    try:
        await ask_anew(arguments, query)
    except (aiomysql.Error, CheckError) as exc:
        if not (was_sent(exc) or was_sent(exc.__cause__)):
            raise
    text = f"all {pool.maxsize} connections of the pool are in use"
    raise CheckError(text, "error", "pool_exhausted")
