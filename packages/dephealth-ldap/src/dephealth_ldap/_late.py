"""An answer that came too late for its check, on the application's connection."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from typing import Any

from ._dialogue import CHUNK, some
from ._messages import Incoming, NotLDAPError


class LateAnswer:
    """The socket of *client* while an answer to a check is still to come on it.

    ldap3 would take that answer for one to the application, and fail. This
    object receives in the socket's place, keeps the answer back, and then puts
    the socket where it was; all but that it leaves to the socket.

    Args:
        client: The application's `ldap3.Connection`.
        sock: Its socket.
        incoming: What of the answer has arrived.
        number: That of the request.
    """

    def __init__(self, client: Any, sock: socket.socket, incoming: Incoming, number: int) -> None:
        self._client = client
        self._socket = sock
        self._incoming = incoming
        self._number = number
        # From here on there are answers to the application too, of any size.
        incoming.most = sys.maxsize

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def recv(self, size: int) -> bytes:
        """What arrives for the application; may be more than *size*."""
        while self._is_in_place:
            theirs = self._sorted_out()
            if theirs:
                return theirs
            if self._is_in_place:
                data = self._socket.recv(size)
                if not data:
                    return data
                self._incoming.add(data)
        return self._socket.recv(size)

    def settle(self, receive: Callable[[socket.socket, int], bytes]) -> None:
        """Wait for the answer, while nothing is to come for the application.

        Args:
            receive: Gives at most so many of the bytes that arrive on a socket.

        Raises:
            ConnectionResetError: The answer will not come.
        """
        self._sorted_out()
        while self._is_in_place:
            self._incoming.add(some(receive(self._socket, CHUNK)))
            self._sorted_out()

    @property
    def _is_in_place(self) -> bool:
        return self._client.socket is self

    def _sorted_out(self) -> bytes:
        """What of all that has arrived is the application's."""
        theirs = b""
        try:
            while (message := self._incoming.next()) is not None:
                if message.number != self._number:
                    theirs += message.raw
                elif message.is_last:
                    return theirs + self._leave()
        except NotLDAPError:
            return theirs + self._leave()  # it is the application's to find out
        return theirs

    def _leave(self) -> bytes:
        self._client.socket = self._socket
        return self._incoming.rest()
