"""A TCP port that is taken from first to last, listening or not."""

from __future__ import annotations

import socket


class Port:
    """A bound socket that can begin and cease to listen.

    Connects to a port that is bound and does not listen are refused, and the
    system gives it to nobody who asks for a free one.

    Args:
        host: An address of this machine, IPv4 or IPv6.
        number: 0 for one that is free.
    """

    def __init__(self, host: str, number: int) -> None:
        self.host = host
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = self._bound(number)
        self.number: int = self._socket.getsockname()[1]

    def listen(self) -> None:
        """Accept connections from now on."""
        self._socket.listen()

    def refuse(self) -> None:
        """Refuse connections from now on, those not yet accepted included."""
        self._socket.close()
        self._socket = self._bound(self.number)

    def accept(self) -> socket.socket:
        """Give the next connection.

        Raises:
            BlockingIOError: There is none.
        """
        return self._socket.accept()[0]

    def fileno(self) -> int:
        """Give the descriptor, another one after each `refuse`."""
        return self._socket.fileno()

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def _bound(self, number: int) -> socket.socket:
        # With the protocol named, asyncio switches Nagle's algorithm off: no 40 ms of waiting.
        sock = socket.socket(self._family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            sock.settimeout(0)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((self.host, number))
        except BaseException:
            sock.close()
            raise
        return sock
