"""Asking the server on a connection of the application's pool."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from typing import Any

import asyncpg

from dephealth import CheckError, pool_timeout, resolve

from ._asking import PARTING, UNBOUNDED, ask, ask_anew, was_sent
from ._connecting import explain
from ._parsing import Arguments
from ._pool import arguments_of, connects_by_itself, is_exhausted, names_of


async def ask_pool(pool: Any, query: str, own: Arguments | None) -> None:
    """Run *query* on a connection of *pool*, which gets it back in any case.

    Args:
        own: What to connect with if the pool has run dry; None: what it connects with itself.
    """
    connection = await _acquire(pool, query, own)
    try:
        await ask(connection, query)
    except CheckError:
        raise
    except asyncio.CancelledError:
        # Without a bound this would wait for a server that hangs, whatever the deadline.
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await _give_back(pool, connection, PARTING)
        raise
    except Exception:
        with contextlib.suppress(asyncpg.InterfaceError):  # it has gone back by itself
            connection.terminate()
        raise
    finally:
        await _give_back(pool, connection, UNBOUNDED)


async def _give_back(pool: Any, connection: Any, seconds: float) -> None:
    """Let *pool* have *connection* again; a cancellation ends it at once, whatever it waits for.

    The pool shields this from a cancellation: it would go on alone, and nobody
    would be there for its exception.
    """
    returning = asyncio.ensure_future(pool.release(connection, timeout=seconds))
    cancelled: asyncio.CancelledError | None = None
    while not returning.done():
        # By hand: `asyncio.wait` would be a twentieth of the cost of the whole check.
        over = asyncio.get_running_loop().create_future()
        returning.add_done_callback(functools.partial(_tell, over))
        try:
            await over
        except asyncio.CancelledError as exc:
            cancelled = exc
            with contextlib.suppress(asyncpg.InterfaceError):  # it is back already
                connection.terminate()
    if cancelled is None:
        returning.result()
        return
    if not returning.cancelled():
        returning.exception()  # looked at: it is a consequence of the cancellation
    raise cancelled


def _tell(over: asyncio.Future[None], _: object) -> None:
    if not over.done():
        over.set_result(None)


async def _acquire(pool: Any, query: str, own: Arguments | None) -> Any:
    try:
        if pool.get_idle_size() > 0:
            return await pool.acquire()
        if is_exhausted(pool):
            connection = await _wait(pool)
            if connection is not None:
                return connection
            if is_exhausted(pool):
                await _judge(pool, query, own)
        else:
            await _look_up(pool)
        return await pool.acquire()
    except OSError as exc:
        explain(exc, arguments_of(pool))
        raise


async def _look_up(pool: Any) -> None:
    """Wait until a name that *pool* is about to connect to is found.

    The pool looks it up in the executor of the application, whose few threads
    a name server that hangs would keep check by check.
    """
    for name in names_of(pool):
        with contextlib.suppress(OSError):  # the pool meets it as well
            await resolve(name)
            return


async def _wait(pool: Any) -> Any | None:
    """A connection of *pool*, None if it gives none while there is time to ask the server."""
    with contextlib.suppress(TimeoutError):
        async with pool_timeout():
            return await pool.acquire()
    return None


async def _judge(pool: Any, query: str, own: Arguments | None) -> None:
    """Raise what keeps *pool* busy: the application if the server answers, else the server."""
    try:
        await _ask_beside(pool, query, own)
    except (asyncpg.PostgresError, CheckError) as exc:
        if not (was_sent(exc) or was_sent(exc.__cause__)):
            raise
    raise CheckError(
        f"all {pool.get_max_size()} connections of the pool are in use", "error", "pool_exhausted"
    )


async def _ask_beside(pool: Any, query: str, own: Arguments | None) -> None:
    """Run *query* on a connection that is not of *pool*, but made as the pool makes its own."""
    if own is None and connects_by_itself(pool):
        connection = await pool._get_new_connection()  # noqa: SLF001  # no public one exists
        try:
            await ask(connection, query)
        finally:
            connection.terminate()
        return
    arguments = own or arguments_of(pool)
    if not arguments:
        raise TimeoutError("no connection of the pool was free in time")
    await ask_anew(arguments, query)
