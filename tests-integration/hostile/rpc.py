"""Servers of HTTP/2, as gRPC speaks it."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Mapping

from .wire import Script, endless

_DATA, _HEADERS, _SETTINGS, _PING, _CONTINUATION = 0, 1, 4, 6, 9
_END_HEADERS = 4
_STATUS_200 = b"\x88"
_STATUS_100 = b"\x08\x03100"
_LARGEST = 1 << 14


def _frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0) -> bytes:
    head = struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream)
    return head + payload


def _header(name: bytes, value: bytes) -> bytes:
    return b"\0" + bytes((len(name),)) + name + bytes((len(value),)) + value


def _indexed(name: bytes, value: bytes) -> bytes:
    """A header that goes into the client's table, as 62."""
    length = len(value) - 127
    octets = b"\x7f"
    while length >= 128:
        octets += bytes((length % 128 + 128,))
        length //= 128
    return b"\x40" + bytes((len(name),)) + name + octets + bytes((length,)) + value


_BEGIN = _frame(_SETTINGS)
_ANSWER = _STATUS_200 + _header(b"content-type", b"application/grpc")
_BOMB = gzip.compress(bytes(1 << 22))


def _answer(headers: bytes, *frames: bytes) -> bytes:
    return _BEGIN + _frame(_HEADERS, headers, _END_HEADERS, 1) + b"".join(frames)


def _data(payload: bytes) -> bytes:
    return _frame(_DATA, payload, 0, 1)


SCRIPTS: Mapping[str, Script] = {
    "grpc endless settings": endless(_BEGIN, _frame(_SETTINGS, struct.pack(">HI", 4, 65535))),
    "grpc endless pings": endless(_BEGIN, _frame(_PING, bytes(8))),
    "grpc frame of 16 MB": endless(_BEGIN + b"\xff\xff\xff" + bytes((_DATA, 0, 0, 0, 0, 1)), b"\0"),
    "grpc endless headers": endless(
        _BEGIN + _frame(_HEADERS, _ANSWER, 0, 1),
        _frame(_CONTINUATION, _header(b"a", b"b" * 100) * 50, 0, 1),
    ),
    "grpc endless 1xx responses": endless(_BEGIN, _frame(_HEADERS, _STATUS_100, _END_HEADERS, 1)),
    "grpc headers that unpack to gigabytes": endless(
        _BEGIN + _frame(_HEADERS, _ANSWER + _indexed(b"a", b"b" * 4000), 0, 1),
        _frame(_CONTINUATION, b"\xbe" * _LARGEST, 0, 1),
    ),
    "grpc message of 4 GB": endless(
        _answer(_ANSWER, _data(b"\0" + b"\xff" * 4)), _data(bytes(_LARGEST))
    ),
    "grpc message of 1 MB": endless(
        _answer(_ANSWER, _data(b"\0" + struct.pack(">I", 1 << 20))), _data(bytes(_LARGEST))
    ),
    "grpc endless messages": endless(_answer(_ANSWER), _data(bytes(5) * 100)),
    "grpc gzip bomb": endless(
        _answer(
            _ANSWER + _header(b"grpc-encoding", b"gzip"),
            _data(b"\1" + struct.pack(">I", len(_BOMB)) + _BOMB[: _LARGEST - 5]),
        ),
        _frame(_PING, bytes(8)),
    ),
}
