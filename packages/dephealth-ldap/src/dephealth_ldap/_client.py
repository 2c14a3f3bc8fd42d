"""A question through the application's connection."""

from __future__ import annotations

import contextlib
from typing import Any

from dephealth import AUTH_ERROR, CheckError, in_thread

from ._dialogue import time_limit
from ._link import Route, converse
from ._requests import Request, root_dse
from ._shared import SharedConnection
from ._source import reopens, route_of, servers_of


async def ask_through(client: Any, request: Request) -> None:
    """Return if *request* is answered on *client*'s connection, in a thread of its own.

    One that is not open, but opens by itself when it is next used, is left as
    it is: its server is asked on another connection whether it is there.

    Raises:
        CheckError: The answer is not fine.
        OSError: The connection is closed, or has failed.
        TimeoutError: There was no answer in time.
    """
    shared = SharedConnection(client)
    try:
        await in_thread(lambda: shared.ask(request), shared.interrupt)
    except TimeoutError:
        raise
    except OSError:
        if not reopens(client):
            raise
    else:
        return
    await _is_there(client)


async def _is_there(client: Any) -> None:
    """Return if one of the servers of *client* answers."""
    *others, last = servers_of(client)
    for server in others:
        with contextlib.suppress(OSError, CheckError):
            await _answers(route_of(client, server))
            return
    await _answers(route_of(client, last))


async def _answers(route: Route) -> None:
    try:
        await converse(route, [root_dse(time_limit())])
    except CheckError as exc:
        # Who the application is was not said, and so may be asked for.
        if exc.outcome != AUTH_ERROR:
            raise
