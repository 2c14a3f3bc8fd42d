"""HTTP servers."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Mapping

from .wire import Script, endless, hear

_HEAD = b"HTTP/1.1 200 OK\r\n"
_BOMB = gzip.compress(bytes(1 << 24))
"""A thousandth of what it unpacks to."""


def _redirects(location: str) -> Script:
    answer = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()

    def serve(sock: socket.socket) -> None:
        hear(sock)
        sock.sendall(answer)

    return serve


SCRIPTS: Mapping[str, Script] = {
    "http endless headers": endless(_HEAD, b"A: b\r\n"),
    "http endless header": endless(_HEAD + b"A: ", b"b"),
    "http endless status line": endless(b"", b"H"),
    "http endless 102 responses": endless(b"", b"HTTP/1.1 102 P\r\n\r\n"),
    "http endless 103 responses": endless(b"", b"HTTP/1.1 103 E\r\nA: b\r\n\r\n"),
    "http body of 10 GB": endless(_HEAD + b"Content-Length: 10737418240\r\n\r\n", b"b"),
    "http body without end": endless(_HEAD + b"Connection: close\r\n\r\n", b"b"),
    "http endless chunks": endless(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "http endless chunk header": endless(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),
    "http gzip bombs": endless(_HEAD + b"Content-Encoding: gzip\r\n\r\n", _BOMB),
    "http redirects to itself": _redirects("/again"),
    "http redirect to a file": _redirects("file:///etc/passwd"),
    "http redirect to gopher": _redirects("gopher://127.0.0.1:70/x"),
    "http redirect of 60 kB": _redirects("/" + "a" * 60_000),
}
