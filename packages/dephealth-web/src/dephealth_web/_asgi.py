"""The answers as an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from prometheus_client import CollectorRegistry

from ._response import Response
from ._routes import HealthSource, Request, Site

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_CHUNK = 256 * 1024
"""Bytes that are handed to the server at once."""


def asgi_app(
    health: HealthSource, registry: CollectorRegistry | None = None, *, status_page: bool = False
) -> ASGIApp:
    """Make an ASGI application of ``/metrics`` and ``/health/*``.

    To mount in an application or to run on a server of its own. It answers
    within the event loop, a millisecond at a time: what it tells is in memory.

    Args:
        health: The object, or what gives it at each request (or None: unknown).
        registry: What ``/metrics`` serves; the default one if not given.
        status_page: Whether there is a page for people at ``/``.
    """
    site = Site(health, registry, status_page)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await _send(await site.answer_in_turns(_request(scope)), send)
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await send({"type": "websocket.close"})

    return application


async def _send(response: Response, send: Send) -> None:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in response.headers.items()
    ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    body = response.body
    for begin in range(0, len(body) or 1, _CHUNK):
        end = begin + _CHUNK
        await send(
            {
                "type": "http.response.body",
                "body": body[begin:end],
                "more_body": end < len(body),
            }
        )


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return


def _request(scope: Scope) -> Request:
    def header(name: bytes) -> str:
        return ",".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)

    return Request(
        method=scope["method"],
        path=_path(scope["path"], scope.get("root_path", "")),
        query=scope["query_string"].decode("latin-1"),
        accept=header(b"accept"),
        accept_encoding=header(b"accept-encoding"),
    )


def _path(path: str, mounted_at: str) -> str:
    """*path* as this application sees it; some servers and routers leave the mount's in."""
    rest = path.removeprefix(mounted_at)
    return rest if rest.startswith("/") else path
