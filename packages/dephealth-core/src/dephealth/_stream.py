"""Connections for one exchange: plain, or with TLS.

Made of the loop's socket operations: asyncio's streams take 1.6 times the CPU
time for one small exchange, 1.3 times with TLS, and tell less of what failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import TypeVar

from ._dial import dial
from ._tls import lacks_certificate
from .errors import CheckTlsError

_CHUNK = 16 * 1024
T = TypeVar("T")


class Stream:
    """A connected, non-blocking socket.

    Args:
        sock: Used and closed through this object from now on.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._loop = asyncio.get_running_loop()
        self._heard = False

    @classmethod
    async def connect(cls, addresses: Sequence[str], port: int) -> Stream:
        """Connect to the first of *addresses* that accepts, as `dial` does.

        Raises:
            OSError: None accepts; what the last one met.
        """
        sock = await dial(addresses, port)
        if sock.family in {socket.AF_INET, socket.AF_INET6}:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Stream(sock)

    async def send(self, data: bytes) -> None:
        """Send all of *data*."""
        await self._loop.sock_sendall(self.sock, data)

    async def receive(self) -> bytes:
        """What comes next; nothing at the end."""
        if self._heard:
            # What has arrived is given without a pause: a peer that never stops
            # sending would keep the loop for itself, and the deadline from striking.
            await asyncio.sleep(0)
        self._heard = True
        return await self._loop.sock_recv(self.sock, _CHUNK)

    def close(self) -> None:
        """Close at once, whatever is still to be read."""
        self.sock.close()


class TLSStream(Stream):
    """TLS on a connection that is already there.

    One task may send while another receives.

    Args:
        plain: The connection; used and closed through this object from now on.
        context: What to trust, to show and to agree upon (ALPN).
        name: What the server is called, in SNI and in its certificate.
    """

    def __init__(self, plain: Stream, context: ssl.SSLContext, name: str) -> None:
        super().__init__(plain.sock)
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        # The final dot of a full name is none of the certificate's.
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=name.removesuffix(".")
        )
        self._sending = asyncio.Lock()
        self._answered = False

    @property
    def protocol(self) -> str | None:
        """What was agreed upon (ALPN)."""
        return self._tls.selected_alpn_protocol()

    @property
    def lacks_certificate(self) -> bool:
        """Why the connection has ended, if it has: see `dephealth.lacks_certificate`."""
        return not self._answered and lacks_certificate(self._tls)

    async def handshake(self) -> None:
        """Agree on keys and look at the certificate.

        Raises:
            CheckTlsError: Whatever went wrong, be it the connection itself.
        """
        try:
            await self._until(self._tls.do_handshake)
        except OSError as exc:  # ssl.SSLError is one
            raise CheckTlsError(f"the TLS handshake failed: {exc}") from exc

    async def send(self, data: bytes) -> None:
        """Send all of *data*."""
        await self._until(lambda: self._tls.write(data))

    async def receive(self) -> bytes:
        """What comes next; nothing at the end, said or not."""
        try:
            data = await self._until(lambda: self._tls.read(_CHUNK))
        except ssl.SSLEOFError:
            return b""
        self._answered |= bool(data)
        return data

    def close(self) -> None:
        """Say goodbye, or what was wrong, without waiting for a reply; then close."""
        with contextlib.suppress(OSError):
            self._tls.unwrap()
        with contextlib.suppress(OSError):
            self.sock.send(self._outgoing.read())
        super().close()

    async def _until(self, step: Callable[[], T]) -> T:
        """Do *step*, with what the peer has to say to it."""
        while True:
            with contextlib.suppress(ssl.SSLWantReadError):
                result = step()
                await self._flush()
                return result
            # Not in an `except` block: that error would be the context of a
            # cancellation here, and taken for what the deadline interrupted.
            await self._flush()
            if data := await super().receive():
                self._incoming.write(data)
            else:
                self._incoming.write_eof()

    async def _flush(self) -> None:
        if self._outgoing.pending:
            async with self._sending:  # to receive may take an answer, to new keys for example
                await super().send(self._outgoing.read())
