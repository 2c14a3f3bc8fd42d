"""Asking the server on a connection of one's own."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import asyncpg

from dephealth import CheckError, time_left

from ._connecting import STUMBLES, connected, stumbled
from ._parsing import Arguments

PARTING = 0.03
"""Seconds to leave a connection whose query was cut short.

In them asyncpg asks the server to stop that query, which might wait for a lock
and so pile up check by check. The core gives a cancelled check 0.05 s.
"""

UNBOUNDED = 3600.0
"""Seconds that asyncpg may wait, in place of the application's `command_timeout`.

The deadline ends a check. A timer of asyncpg's would count the time as well in
which the application blocks the event loop.
"""

_FAREWELL = 0.5
"""Most seconds that a server gets to end a connection whose query it has answered."""


def was_sent(exc: BaseException | None) -> bool:
    """Whether *exc* is an error that the server sent: it answered."""
    return isinstance(exc, asyncpg.PostgresError) and not isinstance(
        exc, asyncpg.ConnectionDoesNotExistError
    )


async def ask(connection: Any, query: str) -> None:
    """Run *query*.

    Raises:
        CheckError: The server rejects it; *connection* is as good as before.
        Exception: What asyncpg raises; *connection* should be used no more.
    """
    try:
        await connection.fetchval(query, timeout=UNBOUNDED)
    except asyncpg.PostgresError as exc:
        if was_sent(exc):
            text = f"the server rejects the query: {exc}"
            raise CheckError(text, "error", "query_error") from exc
        raise


async def ask_anew(arguments: Arguments, query: str) -> None:
    """Connect with *arguments*, the keywords of `asyncpg.connect`, and run *query*."""
    async with connected(arguments) as connection:
        try:
            await ask(connection, query)
        except asyncio.CancelledError:
            with contextlib.suppress(OSError):
                async with asyncio.timeout(PARTING):
                    await connection.close()
            raise
        except STUMBLES as exc:
            raise stumbled(exc) from exc
        with contextlib.suppress(OSError):  # the answer is there, however this ends
            await connection.close(timeout=min(_FAREWELL, time_left() / 2))
