"""Servers that never come to an end of TLS."""

from __future__ import annotations

import select
import socket
import ssl
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

from OpenSSL import SSL

from .databases import MYSQL_GREETING
from .wire import Script, filled, hear, pour

_RECORD = 1 << 14


def _records(messages: bytes) -> bytes:
    pieces = [messages[at : at + _RECORD] for at in range(0, len(messages), _RECORD)]
    return b"".join(b"\x16\x03\x03" + struct.pack(">H", len(piece)) + piece for piece in pieces)


def _message(kind: int, body: bytes, size: int | None = None) -> bytes:
    return bytes((kind,)) + struct.pack(">I", len(body) if size is None else size)[1:] + body


_SERVER_HELLO = _message(
    2, b"\x03\x03" + bytes(32) + b"\0" + b"\xc0\x2f" + b"\0" + b"\0\x05\xff\x01\0\x01\0"
)
_FLOODS: Mapping[str, tuple[bytes, bytes]] = {
    "endless hello requests": (b"", _records(filled(_message(0, b"")))),
    "hello of 16 MB": (_records(_message(2, b"", 0xFFFFFF)), _records(bytes(_RECORD))),
    "certificates of 16 MB": (
        _records(_SERVER_HELLO + _message(11, b"", 0xFFFFFF)),
        _records(bytes(_RECORD)),
    ),
    "endless warnings": (b"", filled(b"\x15\x03\x03\0\x02\x01\x5a")),
}


def _asked(sock: socket.socket) -> None:
    hear(sock)


def _postgres(sock: socket.socket) -> None:
    hear(sock)
    sock.sendall(b"S")
    hear(sock)


def _mysql(sock: socket.socket) -> None:
    sock.sendall(struct.pack("<I", len(MYSQL_GREETING)) + MYSQL_GREETING)
    hear(sock)


_PRELUDES: Mapping[str, Callable[[socket.socket], None]] = {
    **dict.fromkeys(("http", "grpc", "redis", "amqp", "ldap", "kafka"), _asked),
    "postgres": _postgres,
    "mysql": _mysql,
}


def _flood(prelude: Callable[[socket.socket], None], begin: bytes, again: bytes) -> Script:
    def serve(sock: socket.socket) -> None:
        prelude(sock)
        sock.sendall(begin)
        pour(sock, iter(lambda: again, b""))

    return serve


def _renegotiates(certificate: Path, key: Path) -> Script:
    """After the handshake of TLS 1.2, another one, and another."""

    def serve(sock: socket.socket) -> None:
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        context.use_certificate_chain_file(str(certificate))
        context.use_privatekey_file(str(key))
        context.set_alpn_select_callback(lambda _, offered: offered[0])
        connection = SSL.Connection(context, sock)
        connection.set_accept_state()
        connection.do_handshake()
        sock.setblocking(False)
        while True:
            if not connection.renegotiate_pending():
                connection.renegotiate()
                connection.do_handshake()
            try:
                connection.recv(_RECORD)
            except SSL.WantReadError:
                select.select([sock], [], [])

    return serve


def _tickets(certificate: Path, key: Path) -> Script:
    """With the handshake of TLS 1.3, ten million tickets for later ones."""

    def serve(sock: socket.socket) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        context.num_tickets = 10_000_000
        context.set_alpn_protocols(["h2", "http/1.1"])
        with context.wrap_socket(sock, server_side=True):
            pass

    return serve


def scripts(certificate: Path, key: Path) -> Mapping[str, Script]:
    """The scripts of servers that show *certificate*."""
    floods = {
        f"{type} over TLS: {name}": _flood(prelude, *flood)
        for type, prelude in _PRELUDES.items()
        for name, flood in _FLOODS.items()
    }
    own = {"endless renegotiation": _renegotiates, "ten million tickets": _tickets}
    direct = [type for type, prelude in _PRELUDES.items() if prelude is _asked]
    return floods | {
        f"{type} over TLS: {name}": make(certificate, key)
        for type in direct
        for name, make in own.items()
    }
