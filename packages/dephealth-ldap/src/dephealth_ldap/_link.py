"""A connection of a check's own."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from ldap3.core.exceptions import LDAPException

from dephealth import (
    CheckError,
    CheckTlsError,
    dial,
    in_thread,
    lacks_certificate,
    resolve,
)

from ._dialogue import Dialogue, next_number
from ._messages import message
from ._requests import START_TLS, UNBIND, Request
from ._tls import Tls


@dataclass(frozen=True, slots=True)
class Route:
    """How to reach a server: its address, and the TLS to speak with it if any."""

    host: str
    port: int
    tls: Tls | None = None
    start_tls: bool = False
    """Whether TLS begins when asked for, and not with the first byte."""


async def converse(route: Route, requests: Iterable[Request]) -> None:
    """Connect, ask *requests* one after the other, and leave.

    In a thread of its own, which a cancellation ends at once.

    Raises:
        CheckError: An answer is not fine.
        OSError: The server cannot be reached, or the connection failed.
    """
    sock = await dial(await resolve(route.host), route.port)
    sock.setblocking(True)  # noqa: FBT003
    with Link(sock) as link, link.duplicate() as handle:

        def interrupt() -> None:
            with contextlib.suppress(OSError):  # it has ended already
                handle.shutdown(socket.SHUT_RDWR)

        await in_thread(lambda: link.converse(route, requests), interrupt)


class Link:
    """Owns *sock* and speaks LDAP on it; blocks."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket: Any = sock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def duplicate(self) -> socket.socket:
        """The connection once more: to set TLS up takes it away from the first object."""
        duplicate: socket.socket = self._socket.dup()
        return duplicate

    def converse(self, route: Route, requests: Iterable[Request]) -> None:
        """As the function of that name, on this connection."""
        if route.tls is not None:
            self._secure(route.tls, asking=route.start_tls)
        dialogue = self._dialogue()
        try:
            for request in requests:
                dialogue.ask(request)
        except OSError as exc:
            if not dialogue.heard and lacks_certificate(self._socket):
                raise CheckTlsError("the server wants a certificate of the client") from exc
            raise
        finally:
            with contextlib.suppress(OSError):  # it is the server that has left
                self._socket.sendall(message(next_number(), UNBIND))

    def _secure(self, tls: Tls, *, asking: bool) -> None:
        try:
            if asking:
                # What follows this answer in plaintext is dropped: anybody may have sent it.
                self._dialogue().ask(START_TLS)
            self._socket = tls.begin(self._socket)
            tls.finish(self._socket)
        except (OSError, CheckError, LDAPException) as exc:
            raise CheckTlsError(f"TLS was not set up: {exc}") from exc

    def _dialogue(self) -> Dialogue:
        return Dialogue(self._socket.sendall, self._socket.recv)
