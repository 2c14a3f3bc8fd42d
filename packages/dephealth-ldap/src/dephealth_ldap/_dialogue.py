"""Requests and their answers on one connection."""

from __future__ import annotations

import errno
import math
import ssl
from collections.abc import Callable

from ldap3 import Server

from dephealth import time_left

from ._messages import Incoming, Message, message
from ._requests import Request
from ._results import failure

_MOST = 1 << 20
"""Bytes of an answer that holds no attributes; what claims more is something else."""

CHUNK = 1 << 12


class Dialogue:
    """Asks, and waits for the answer.

    Args:
        send: Sends bytes.
        receive: Gives at most so many of the bytes that arrive, none at the end.
    """

    def __init__(self, send: Callable[[bytes], object], receive: Callable[[int], bytes]) -> None:
        self._send = send
        self._receive = receive
        self.incoming = Incoming(_MOST)
        self.awaited: int | None = None
        """The number of the request that was sent and is not answered."""
        self.heard = False
        """Whether anything was answered."""

    def ask(self, request: Request) -> None:
        """Send *request* and return when the answer to it is fine.

        Raises:
            CheckError: It is not, or is no LDAP.
            OSError: The connection has failed.
        """
        number = next_number()
        try:
            self._send(message(number, request.operation))
            self.awaited = number
            code, text = self._answer(number).result()
        except ssl.SSLEOFError as exc:
            # What OpenSSL says of a connection that was cut; TLS itself was in order.
            raise _ended() from exc
        self.awaited = None
        self.heard = True
        if code not in request.fine:
            raise failure(request.name, code, text)

    def _answer(self, number: int) -> Message:
        while True:
            arrived = self.incoming.next()
            if arrived is None:
                self.incoming.add(some(self._receive(CHUNK)))
            elif arrived.is_disconnection:
                raise failure("the server ends the connection", *arrived.result())
            elif arrived.number == number and arrived.is_last:
                return arrived


def some(data: bytes) -> bytes:
    """*data*, unless it is none: then the peer has ended the connection."""
    if not data:
        raise _ended()
    return data


def _ended() -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, "the server ended the connection")


def next_number() -> int:
    """A number that no other request of this process has."""
    number: int = Server.next_message_id()
    return number


def seconds_left() -> float:
    """`time_left`, infinite where no check is running."""
    try:
        return time_left()
    except LookupError:
        return math.inf


def time_limit() -> int:
    """Whole seconds that the server has; 0 is no limit."""
    left = seconds_left()
    return 0 if math.isinf(left) else max(1, math.ceil(left))
