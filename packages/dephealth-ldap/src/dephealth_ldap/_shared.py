"""Questions on the application's own connection, which finds it as it was."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from typing import Any

from ._dialogue import CHUNK, Dialogue, seconds_left, some
from ._late import LateAnswer
from ._requests import Request
from ._source import closed

_SLICE = 0.05
"""Seconds after which a thread that waits looks whether it still should."""


class SharedConnection:
    """The connection of *client*, an `ldap3.Connection`, for one check.

    The request goes over the client's socket under the client's lock, and past
    the client itself, which so knows nothing of it: no result, no entries, no
    error. Lock and socket are given up at the deadline, answered or not.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._over = False

    def interrupt(self) -> None:
        """End `ask` soon; from any thread."""
        self._over = True

    def ask(self, request: Request) -> None:
        """Return when the answer to *request* is fine; blocks.

        Raises:
            CheckError: The answer is not fine.
            OSError: The connection is closed, or turns out to have failed.
            TimeoutError: The deadline has come.
        """
        with self._locked(), self._socket() as sock:
            dialogue = Dialogue(
                lambda data: self._send(sock, data), lambda size: self._receive(sock, size)
            )
            dialogue.incoming.add(self._unasked(sock))
            try:
                dialogue.ask(request)
            except TimeoutError:
                if dialogue.awaited is not None:
                    self._client.socket = LateAnswer(
                        self._client, sock, dialogue.incoming, dialogue.awaited
                    )
                raise

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self._client.connection_lock
        while not lock.acquire(timeout=self._patience()):
            pass
        try:
            yield
        finally:
            lock.release()

    @contextlib.contextmanager
    def _socket(self) -> Iterator[Any]:
        """The client's socket, with the timeout that it had before put back in the end."""
        sock = self._client.socket
        if sock is None or sock.fileno() < 0:
            raise closed()
        timeout = sock.gettimeout()
        try:
            if isinstance(sock, LateAnswer):
                sock.settle(self._receive)
            yield self._client.socket
        finally:
            with contextlib.suppress(OSError):  # closed meanwhile
                sock.settimeout(timeout)

    def _unasked(self, sock: Any) -> bytes:
        """What the server has sent on its own; mostly nothing.

        To send on a connection that the server has ended would make the
        application's next use of it fail in another way.
        """
        sock.settimeout(0)
        try:
            return some(sock.recv(CHUNK))
        except (BlockingIOError, ssl.SSLWantReadError):
            return b""

    def _send(self, sock: Any, data: bytes) -> None:
        # Whole or not at all: nothing else is under way, and few bytes always find room.
        sock.settimeout(self._patience())
        sock.sendall(data)

    def _receive(self, sock: Any, size: int) -> bytes:
        while True:
            sock.settimeout(self._patience())
            with contextlib.suppress(TimeoutError):
                data: bytes = sock.recv(size)
                return data

    def _patience(self) -> float:
        left = seconds_left()
        if self._over or left <= 0:
            raise TimeoutError("no answer on the application's connection in time")
        return min(_SLICE, left)
