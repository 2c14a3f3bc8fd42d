"""PING, and what is made of the answer."""

from __future__ import annotations

from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from dephealth import UnhealthyError

from ._connection import abort
from ._errors import REPLIES, STUMBLES, is_cut, no_redis


async def ping(connection: AbstractConnection) -> None:
    """Return if the server answers PONG.

    Raises:
        UnhealthyError: It answers something else.
        RedisError: It answers with an error, or not at all.
    """
    await connection.send_command("PING", check_health=False)
    try:
        answer = await connection.read_response(disable_decoding=True, disconnect_on_error=False)
    except STUMBLES as exc:
        raise no_redis() from exc
    if answer != b"PONG":
        raise UnhealthyError(f"PING was answered with {answer!r:.80}")


async def ping_shared(connection: AbstractConnection) -> None:
    """`ping` on a connection that the application goes on to use."""
    try:
        if not await _stands(connection):
            # Idle for long, and ended by the server meanwhile: a new one tells.
            await abandon(connection)
            await connection.connect()  # type: ignore[no-untyped-call]
            await ping(connection)
    except BaseException:
        # An answer that is still to come must not meet the next command.
        await abandon(connection)
        raise


async def answers(connection: AbstractConnection) -> None:
    """Return if the server says anything at all on *connection*, a new one; close it.

    Raises:
        RedisError: It does not.
    """
    connection.retry = Retry(NoBackoff(), 0)
    try:
        await connection.connect()  # type: ignore[no-untyped-call]
        await ping(connection)
    except (*REPLIES, UnhealthyError):
        return
    finally:
        await abandon(connection)


async def abandon(connection: AbstractConnection) -> None:
    """Close *connection* at once; its next use opens it again."""
    abort(connection)
    await connection.disconnect(nowait=True)


async def _stands(connection: AbstractConnection) -> bool:
    """`ping`; False if the connection turns out to have been cut."""
    try:
        await ping(connection)
    except RedisConnectionError as exc:
        if not is_cut(exc):
            raise
        return False
    return True
