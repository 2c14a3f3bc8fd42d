"""What the scripts of hostile servers are made of."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Iterable, Iterator

Script = Callable[[socket.socket], None]
"""Serves one connection; its end, or an `OSError`, closes that."""

PIECE = 1 << 16
"""Bytes that are sent at once."""

_HEARD = 1 << 16


def hear(sock: socket.socket) -> bytes:
    """What the client says next.

    Raises:
        ConnectionError: It says nothing more.
    """
    data = sock.recv(_HEARD)
    if not data:
        raise ConnectionError("the client has left")
    return data


def filled(again: bytes) -> bytes:
    """*again* as often as makes a piece."""
    return again * (PIECE // len(again) + 1)


def pour(sock: socket.socket, pieces: Iterable[bytes]) -> None:
    """Send *pieces* for as long as the client is there."""
    for piece in pieces:
        sock.sendall(piece)


def endless(begin: bytes, again: bytes, *, first: bool = False) -> Script:
    """The script that says *begin*, and then *again* and again.

    Args:
        begin: Said once.
        again: Said without end.
        first: Whether the server is the first to speak.
    """
    piece = filled(again)

    def serve(sock: socket.socket) -> None:
        if not first:
            hear(sock)
        sock.sendall(begin)
        pour(sock, itertools.repeat(piece))

    return serve


def numbered(make: Callable[[int], bytes]) -> Iterator[bytes]:
    """Pieces made of what *make* gives for each number, without end."""
    numbers = itertools.count()
    while True:
        piece = bytearray()
        while len(piece) < PIECE:
            piece += make(next(numbers))
        yield bytes(piece)
