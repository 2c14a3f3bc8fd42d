"""The process of an `HTTPServer`, which runs this file as a script.

It takes one argument: JSON with the addresses to listen on, the ports, the folder and who may log
in.
"""

from __future__ import annotations

import base64
import json
import signal
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SETTINGS: dict[str, Any] = json.loads(sys.argv[1])


class _Site(BaseHTTPRequestHandler):
    def setup(self) -> None:
        if isinstance(self.request, ssl.SSLSocket):
            self.request.do_handshake()  # here, where it keeps nobody else waiting
        super().setup()

    def do_GET(self) -> None:
        self.send_response(self._status())
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _status(self) -> int:
        if self.path.startswith("/status/"):
            return int(self.path.removeprefix("/status/"))
        if self.path != "/private":
            return 200
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        user, _, password = base64.b64decode(token).decode().partition(":")
        if scheme != "Basic" or SETTINGS["passwords"].get(user) != password:
            return 401
        return 200 if user == SETTINGS["user"] else 403

    def log_message(self, *_: object) -> None:
        """Write nothing: what is asked is for the tests to know."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    context: ssl.SSLContext | None = None

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        if self.context is not None:
            connection = self.context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def handle_error(self, *_: object) -> None:
        """Write nothing: clients that end early are what the tests are about."""


class _Server6(_Server):
    address_family = socket.AF_INET6


def _context(*, require_client: bool) -> ssl.SSLContext:
    folder = Path(SETTINGS["folder"])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    if require_client:
        context.load_verify_locations(folder / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def main() -> None:
    """Serve until SIGTERM."""
    contexts = {
        "port": None,
        "tls_port": _context(require_client=False),
        "mtls_port": _context(require_client=True),
    }
    for host in SETTINGS["hosts"]:
        for name, context in contexts.items():
            kind = _Server6 if ":" in host else _Server
            server = kind((host, SETTINGS["ports"][name]), _Site)
            server.context = context
            threading.Thread(target=server.serve_forever, daemon=True).start()
    print("serving", flush=True)
    signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    main()
