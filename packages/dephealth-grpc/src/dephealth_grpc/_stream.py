"""A connection for one call: plain, or with TLS.

Made of the loop's socket operations, which tell most truly what failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import TypeVar

from dephealth import CheckTlsError, dial

_CHUNK = 4 * 1024
"""An answer is far shorter; a hostile one of tiny frames takes long to read at once."""
_HTTP2 = "h2"
T = TypeVar("T")


async def connect(addresses: Sequence[str], port: int) -> Stream:
    """Connect to the first of *addresses* that accepts.

    Raises:
        OSError: None does; what the last one met.
    """
    sock = await dial(addresses, port)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Stream(sock)


class Stream:
    """A connected socket."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._loop = asyncio.get_running_loop()
        self._heard = False

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
    """TLS on a connection that is already there, for HTTP/2.

    Args:
        plain: The connection; used and closed through this object from now on.
        context: What to trust and to show.
        name: What the server is called, in SNI and in its certificate.
    """

    def __init__(self, plain: Stream, context: ssl.SSLContext, name: str) -> None:
        super().__init__(plain.sock)
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        context.set_alpn_protocols([_HTTP2])
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._confirmed = False

    async def handshake(self) -> None:
        """Agree on keys and on HTTP/2, and look at the certificate.

        Raises:
            CheckTlsError: Whatever went wrong, be it the connection itself.
        """
        try:
            await self._until(self._tls.do_handshake)
        except OSError as exc:  # ssl.SSLError is one
            raise CheckTlsError(f"the TLS handshake failed: {exc}") from exc
        if self._tls.selected_alpn_protocol() != _HTTP2:
            # RFC 9113 section 3.2; clients of gRPC refuse such a server too.
            raise CheckTlsError("the TLS handshake failed: the server agrees on no HTTP/2 (ALPN)")
        # In TLS 1.3 the server looks at our certificate when our part is over, and shows
        # that it is content by what it sends next.
        self._confirmed = self._tls.version() != "TLSv1.3" or bool(self._incoming.pending)

    async def send(self, data: bytes) -> None:
        """Send all of *data*."""
        await self._until(lambda: self._tls.write(data))

    async def receive(self) -> bytes:
        """What comes next; nothing at the end, said or not.

        Raises:
            CheckTlsError: The server ended the handshake when our part was over.
        """
        try:
            return await self._until(lambda: self._tls.read(_CHUNK))
        except (ssl.SSLEOFError, ConnectionError) as exc:
            if not self._confirmed:
                raise CheckTlsError(
                    "the server ended the TLS handshake: does it want a client certificate?"
                ) from exc
            return b""

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
                self._confirmed = True
                self._incoming.write(data)
            else:
                self._incoming.write_eof()

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await super().send(self._outgoing.read())
