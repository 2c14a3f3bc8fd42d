"""A small HTTP server, for processes that have none."""

from __future__ import annotations

import ssl
import threading
from types import TracebackType
from typing import Self

from prometheus_client import CollectorRegistry

from ._connections import ConnectionServer
from ._guard import guard_of
from ._routes import HealthSource, Site

_POLL = 0.2
"""Seconds between two looks at whether to close, and at whose time is over."""


class Server:
    """Serves ``/metrics`` and ``/health/*`` from a background thread until closed.

    A client that is slow is cut off, and when many are open, the oldest is: so
    none keeps the others waiting. Made by `serve`.
    """

    def __init__(
        self,
        site: Site,
        host: str,
        port: int,
        patience: float = 10.0,
        login: tuple[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        guard = guard_of(login)
        self._server = ConnectionServer(host, port, site.answer, patience, guard, tls)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL,), name="dephealth-web", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._server.server_address[1]
        return port

    def close(self, patience: float = 0.0) -> None:
        """Stop, and after *patience* seconds cut off who is connected; once closed, nothing."""
        self._server.shutdown()
        self._thread.join()
        self._server.drain(patience)
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def serve(
    health: HealthSource,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    registry: CollectorRegistry | None = None,
    status_page: bool = False,
    basic_auth: tuple[str, str] | None = None,
    ssl_context: ssl.SSLContext | None = None,
) -> Server:
    """Serve ``/metrics`` and ``/health/*`` from a background thread.

    Args:
        health: The object, or what gives it at each request (or None: unknown).
        host: The address to listen on: ``0.0.0.0`` or ``::`` for all.
        port: The port; 0 takes a free one, which `Server.port` tells.
        registry: What ``/metrics`` serves; the default one if not given.
        status_page: Whether there is a page for people at ``/``.
        basic_auth: User and password that every request must have.
        ssl_context: With the certificate to serve TLS with; it may get another one meanwhile.

    Raises:
        OSError: The address cannot be listened on.
    """
    site = Site(health, registry, status_page)
    return Server(site, host, port, login=basic_auth, tls=ssl_context)
