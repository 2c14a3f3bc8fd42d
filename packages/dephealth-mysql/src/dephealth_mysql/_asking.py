"""Running the query."""

from __future__ import annotations

from typing import Any

import aiomysql

from dephealth import CheckError, resolve

from ._connecting import Arguments, OwnConnection
from ._errors import ENDED, number_of, was_sent


class _Cursor(aiomysql.Cursor):  # type: ignore[misc]
    """A cursor that does not ask for the warnings about a query, to repeat them in Python."""

    async def _show_warnings(self, conn: Any) -> None:
        pass


async def ask(connection: Any, query: str) -> None:
    """Run *query*, and read all that is answered.

    Raises:
        CheckError: The server rejects it, or ends the session.
        Exception: What aiomysql raises.
    """
    try:
        cursor = await connection.cursor(_Cursor)
        await cursor.execute(query)
        await cursor.close()
    except aiomysql.Error as exc:
        if not was_sent(exc):
            raise
        if number_of(exc) in ENDED:
            text = f"the server ends the session: {exc}"
            raise CheckError(text, "connection_error", "connection_reset") from exc
        raise CheckError(f"the server rejects the query: {exc}", "error", "query_error") from exc


async def ask_anew(arguments: Arguments, query: str) -> None:
    """Connect with *arguments*, the keywords of `OwnConnection`, and run *query*."""
    connection = OwnConnection(**arguments)
    try:
        await connection.open(await resolve(connection.unix_socket or connection.host))
        await ask(connection, query)
    finally:
        await connection.leave()
