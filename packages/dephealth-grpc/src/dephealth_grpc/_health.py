"""The two messages of ``grpc.health.v1.Health/Check``, of one field each.

Written by hand so that no application has to agree with this package on a
version of protobuf (https://protobuf.dev/programming-guides/encoding/).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

from dephealth import CheckError

PATH = b"/grpc.health.v1.Health/Check"

_SERVICE = 0x0A
"""Tag of the request's field 1, a text."""
_STATUS = 0x08
"""Tag of the response's field 1, a number."""
_FIXED = {1: 8, 5: 4}
"""Bytes of the values that have always as many, by wire type."""


class ServingStatus(IntEnum):
    """What a server says of a service."""

    UNKNOWN = 0
    SERVING = 1
    NOT_SERVING = 2
    SERVICE_UNKNOWN = 3


def request(service: str) -> bytes:
    """The message that asks for *service*, ``""`` for the whole server."""
    name = service.encode()
    return bytes([_SERVICE, *_varint(len(name))]) + name if name else b""


def serving_status(message: bytes) -> int:
    """The status in a response; 0 if there is none, as protobuf has it.

    Raises:
        CheckError: It is no such message.
    """
    try:
        found = dict(_fields(message))
    except IndexError:
        raise CheckError("the answer is no HealthCheckResponse") from None
    return found.get(_STATUS, 0)


def _fields(message: bytes) -> Iterator[tuple[int, int]]:
    """Tag and number of each field; the number of one that is none means nothing."""
    position = 0
    while position < len(message):
        tag, position = _read_varint(message, position)
        kind, number = tag & 0x07, 0
        if kind in _FIXED:
            position += _FIXED[kind]
        elif kind in {0, 2}:
            number, position = _read_varint(message, position)
            position += number if kind else 0
        else:
            raise IndexError(kind)
        yield tag, number
    if position > len(message):
        raise IndexError(position)


def _varint(number: int) -> Iterator[int]:
    while number >> 7:
        yield number & 0x7F | 0x80
        number >>= 7
    yield number


def _read_varint(message: bytes, position: int) -> tuple[int, int]:
    """The number that begins at *position*, and where it ends."""
    number = shift = 0
    while True:
        byte = message[position]
        number |= (byte & 0x7F) << shift
        shift += 7
        position += 1
        if not byte & 0x80:
            return number, position
