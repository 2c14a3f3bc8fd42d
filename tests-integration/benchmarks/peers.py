"""Servers that do as little as they can, in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_ACCEPTING = """
import socket
server = socket.create_server(("127.0.0.1", 0), backlog=4096)
print(server.getsockname()[1], flush=True)
while True:
    server.accept()[0].close()
"""
_ANSWERING = """
import socket
server = socket.create_server(("127.0.0.1", 0), backlog=4096)
print(server.getsockname()[1], flush=True)
while True:
    peer = server.accept()[0]
    while data := peer.recv(65536):
        if data.endswith(b"\\r\\n\\r\\n"):
            peer.sendall(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")
    peer.close()
"""


@contextmanager
def accepting() -> Iterator[int]:
    """Accepts connections and closes them; gives the port."""
    with _running(_ACCEPTING) as port:
        yield port


@contextmanager
def answering() -> Iterator[int]:
    """Answers each HTTP request with 204, one connection after the other; gives the port."""
    with _running(_ANSWERING) as port:
        yield port


@contextmanager
def _running(code: str) -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()
