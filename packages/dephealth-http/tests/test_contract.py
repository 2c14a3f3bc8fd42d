"""The tests that all checkers share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dephealth_http import plugin
from dephealth_testing import CheckerContract, ServerContract


class TestContract(CheckerContract):
    plugin = plugin
    type = "http"
    url = "http://user:{secret}@{host}:{port}"
    tls_url = "https://user:{secret}@{host}:{port}"


class _Well(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


class TestServerContract(ServerContract):
    plugin = plugin
    type = "http"
    url = "http://{host}:{port}"
    tls_url = "https://{host}:{port}"

    @pytest.fixture
    def server(self) -> Iterator[tuple[str, int]]:
        """A server of the standard library's."""
        with ThreadingHTTPServer(("127.0.0.1", 0), _Well) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            yield "127.0.0.1", server.server_address[1]
            server.shutdown()
            thread.join()
