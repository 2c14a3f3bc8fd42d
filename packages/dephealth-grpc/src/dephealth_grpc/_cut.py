"""An end to a connection of grpcio's, which has no way to ask for it."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
from collections.abc import Iterator
from pathlib import Path

Option = tuple[str, object]

_DESCRIPTORS = Path("/proc/self/fd")
_NEVER = 3_600_000
"""Milliseconds until a connection that stands still is looked at: longer than any check."""
_marks = itertools.count(1_000_000_000)


class Mark:
    """Makes the connection of one channel one that can be found, and ended.

    grpcio hands on how long what is sent may stay unacknowledged to the
    operating system (TCP_USER_TIMEOUT; gRPC's proposal A18), which gives it
    back: here eleven days, and some milliseconds that no other one has.
    Linux alone has this.
    """

    def __init__(self) -> None:
        self._milliseconds = next(_marks)

    @property
    def options(self) -> tuple[Option, Option]:
        """What the channel must be made with."""
        return (
            ("grpc.keepalive_time_ms", _NEVER),
            ("grpc.keepalive_timeout_ms", self._milliseconds),
        )

    def cut(self) -> None:
        """End the connection, if there is one."""
        option = getattr(socket, "TCP_USER_TIMEOUT", None)
        if option is None:
            return
        for sock in _own_sockets():
            with sock, contextlib.suppress(OSError):  # not one of TCP
                if sock.getsockopt(socket.IPPROTO_TCP, option) == self._milliseconds:
                    sock.shutdown(socket.SHUT_RDWR)


def _own_sockets() -> Iterator[socket.socket]:
    """Every socket of this process, once more."""
    with contextlib.suppress(OSError):  # no such folder, no descriptor left
        for entry in _DESCRIPTORS.iterdir():
            with contextlib.suppress(OSError):  # closed meanwhile
                duplicate = os.dup(int(entry.name))
                try:
                    sock = socket.socket(fileno=duplicate)
                except OSError:  # another kind of file
                    os.close(duplicate)
                else:
                    yield sock
