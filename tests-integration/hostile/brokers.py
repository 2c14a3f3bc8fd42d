"""Servers of AMQP, of Kafka's protocol and of LDAP."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Mapping

from .wire import Script, endless, filled, hear, numbered, pour


def _amqp_frame(payload: bytes, kind: int = 1, size: int | None = None) -> bytes:
    length = len(payload) if size is None else size
    return struct.pack(">BHI", kind, 0, length) + payload + b"\xce"


def _long(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text


def _amqp_start(table: bytes) -> bytes:
    arguments = b"\0\x09" + _long(table) + _long(b"PLAIN") + _long(b"en_US")
    return _amqp_frame(struct.pack(">HH", 10, 10) + arguments)


def _nested(depth: int) -> bytes:
    """A table in a table in a table."""
    table = b""
    for _ in range(depth):
        table = b"\x01aF" + _long(table)
    return table


def _kafka_answer(body: bytes, size: int | None = None, correlation: int = 1) -> bytes:
    return struct.pack(">Ii", len(body) + 4 if size is None else size, correlation) + body


def _kafka(metadata: Callable[[int], bytes]) -> Script:
    """A broker that tells what requests it knows, and then the metadata that is asked for."""

    def serve(sock: socket.socket) -> None:
        while True:
            _, api, version, correlation = struct.unpack_from(">ihhi", hear(sock))
            if api != 18:  # ApiVersions
                sock.sendall(metadata(correlation))
                pour(sock, numbered(metadata))
            body = struct.pack(">hi", 35, 0)
            if version == 0:
                body = struct.pack(">hi", 0, 2) + struct.pack(">hhhhhh", 3, 0, 1, 18, 0, 0)
            sock.sendall(_kafka_answer(body, correlation=correlation))

    return serve


def _naming(count: int, told: int | None = None) -> bytes:
    brokers = b"".join(
        struct.pack(">ih", number, 9) + b"127.0.0.1" + struct.pack(">ih", 1, -1)
        for number in range(count)
    )
    return struct.pack(">I", count if told is None else told) + brokers + struct.pack(">ii", 1, 0)


def _ber(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    return bytes((tag, 0x82)) + struct.pack(">H", length) + content


def _ldap(tag: int, content: bytes) -> Script:
    """Answers to the request in hand, without end, none of them the last one."""

    def serve(sock: socket.socket) -> None:
        request = hear(sock)
        # The element behind the head of the message is its number.
        head = 2 if request[1] < 0x80 else 2 + (request[1] & 0x7F)
        number = request[head : head + 2 + request[head + 1]]
        piece = filled(_ber(0x30, number + _ber(tag, content)))
        pour(sock, iter(lambda: piece, b""))

    return serve


_ENTRY = _ber(0x04, b"cn=entry,dc=example,dc=org") + _ber(0x30, b"")

SCRIPTS: Mapping[str, Script] = {
    "amqp frame of 4 GB": endless(_amqp_frame(b"", size=0xFFFFFFFF)[:-1], b"\0"),
    "amqp frame of 1 MB": endless(_amqp_frame(b"", size=1024 * 1023)[:-1], b"\0"),
    "amqp endless heartbeats": endless(_amqp_start(b""), _amqp_frame(b"", 8)),
    "amqp endless starts": endless(b"", _amqp_start(b"")),
    "amqp tables in tables": endless(_amqp_start(_nested(3000)), _amqp_frame(b"", 8)),
    "amqp string of 4 GB": endless(
        _amqp_frame(struct.pack(">HH", 10, 10) + b"\0\x09" + b"\xff" * 4), b"\0"
    ),
    "kafka answer of 2 GB": endless(_kafka_answer(b"", 0x7FFFFFFF), b"\0"),
    "kafka answer of 4 GB": endless(_kafka_answer(b"", 0xFFFFFFFF), b"\0"),
    "kafka endless answers that nobody asked for": endless(
        b"", _kafka_answer(bytes(1000), correlation=999)
    ),
    "kafka metadata of 2 GB": _kafka(lambda number: _kafka_answer(b"", 0x7FFFFFFF, number)),
    "kafka metadata of two thousand million brokers": _kafka(
        lambda number: _kafka_answer(_naming(2, 0x7FFFFFFF), correlation=number)
    ),
    "kafka metadata of 2000 brokers": _kafka(
        lambda number: _kafka_answer(_naming(2000), correlation=number)
    ),
    "ldap message of 4 GB": endless(b"\x30\x84\xff\xff\xff\xff", b"\0"),
    "ldap message of 2^1000 bytes": endless(b"\x30\xfe", b"\xff"),
    "ldap entries without end": _ldap(0x64, _ENTRY),
    "ldap references without end": _ldap(0x73, _ber(0x04, b"ldap://127.0.0.1:1/dc=example")),
    "ldap entry of 60 kB without end": _ldap(0x64, _ber(0x04, b"c" * 60_000)),
}
