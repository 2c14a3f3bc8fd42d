"""The connections of the small server: a bounded number of threads, for a bounded time each."""

from __future__ import annotations

import logging
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any

from ._response import Response
from ._routes import Request

_MOST = 16
"""Connections at the same time."""

_GRACE = 0.5
"""Seconds that a thread has to end after it was cut off, or others to free a descriptor."""

_GONE = (BrokenPipeError, ConnectionAbortedError, ConnectionResetError, ssl.SSLError)
"""What a client that has gone, or one that speaks no TLS where it should, is to its thread."""

logger = logging.getLogger("dephealth")


@dataclass(frozen=True, slots=True)
class _Connection:
    socket: socket.socket
    thread: threading.Thread
    since: float

    def cut(self) -> None:
        """Wake the thread up if it waits for the client; nothing if that has gone."""
        with suppress(OSError):
            # Not that of an SSLSocket, which takes the encryption away from its thread.
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    def ended(self, within: float = _GRACE) -> bool:
        """Whether the thread has ended, soon."""
        self.thread.join(within)
        return not self.thread.is_alive()


class ConnectionServer(ThreadingMixIn, TCPServer):
    """Answers one request on each connection, in a daemon thread of its own.

    Args:
        host: Where to listen.
        port: Where to listen; 0 for a free port.
        respond: Gives the answer.
        patience: Seconds until a connection is cut off.
        guard: Whether a request with this ``Authorization`` is answered.
        tls: Makes connections encrypted, if given.
    """

    allow_reuse_address = True
    request_queue_size = 64

    def __init__(
        self,
        host: str,
        port: int,
        respond: Callable[[Request], Response],
        patience: float,
        guard: Callable[[str], bool],
        tls: ssl.SSLContext | None,
    ) -> None:
        self.respond = respond
        self.guard = guard
        self._patience = patience
        self._tls = tls
        self._open: dict[Any, _Connection] = {}
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; if there is no descriptor for it, do not try again at once."""
        try:
            request, address = super().get_request()
        except OSError:
            time.sleep(_GRACE)
            raise
        if self._tls is not None:
            request = self._tls.wrap_socket(
                request, server_side=True, do_handshake_on_connect=False
            )
        return request, address

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answer, in the connection's own thread."""
        if self._tls is not None:
            request.do_handshake()
        super().finish_request(request, client_address)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a new thread, for which the oldest connection makes room if need be."""
        connections = self._connections()
        if len(connections) >= _MOST:
            connections[0].cut()
            if not connections[0].ended():
                self.shutdown_request(request)
                return
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            name="dephealth-web",
            daemon=True,
        )
        self._open[request] = _Connection(request, thread, time.monotonic())
        thread.start()

    def service_actions(self) -> None:
        """Cut off those who had time enough. Called between two requests, and at each poll."""
        enough = time.monotonic() - self._patience
        for connection in self._connections():
            if connection.since < enough:
                connection.cut()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, also one whose thread could not start."""
        self._open.pop(request, None)
        super().shutdown_request(request)

    def drain(self, within: float) -> None:
        """Listen no longer, and wait so many seconds for those that are connected."""
        super().server_close()
        until = time.monotonic() + within
        for connection in self._connections():
            connection.ended(max(0.0, until - time.monotonic()))

    def server_close(self) -> None:
        """Listen no longer, and cut off everybody."""
        super().server_close()
        connections = self._connections()
        for connection in connections:
            connection.cut()
        for connection in connections:
            connection.ended()

    def handle_error(self, request: Any, _: Any) -> None:
        """Tell what went wrong here; a client that has gone is nothing to tell of."""
        error = sys.exception()
        if not isinstance(error, _GONE):
            logger.error("a request could not be answered", exc_info=error)
            with suppress(OSError):
                request.sendall(b"HTTP/1.0 500 Internal Server Error\r\n\r\n")

    def _connections(self) -> list[_Connection]:
        """Those that are open, the oldest first."""
        return list(self._open.values())


class _Handler(BaseHTTPRequestHandler):
    server: ConnectionServer

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            # Every method has an answer, if only that it is not allowed.
            return self._answer
        raise AttributeError(name)

    def version_string(self) -> str:
        return "dephealth"

    def log_message(self, *args: Any) -> None:
        """Write no access log."""

    def _answer(self) -> None:
        if not self.server.guard(self.headers.get("Authorization", "")):
            self.send_response(HTTPStatus.UNAUTHORIZED)
            self.send_header("WWW-Authenticate", 'Basic realm="dephealth", charset="UTF-8"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        response = self.server.respond(
            Request(
                method=self.command,
                path=path,
                query=query,
                accept=self.headers.get("Accept", ""),
                accept_encoding=self.headers.get("Accept-Encoding", ""),
            )
        )
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body)
