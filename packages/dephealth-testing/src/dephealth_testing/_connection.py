"""One accepted connection: what a fault acts upon."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeAlias

from ._stream import Stream, TcpStream
from ._tls_stream import TlsStream

if TYPE_CHECKING:
    import ssl

Address: TypeAlias = tuple[str, int]


class Connection:
    """A client's connection, and the one to the upstream that belongs to it.

    Args:
        client: The accepted connection.
        address: Host and port of the upstream; None for a proxy that stands
            alone.
    """

    def __init__(self, client: TcpStream, address: Address | None) -> None:
        self._tcp = client
        self._tls: TlsStream | None = None
        self._address = address
        self._upstream: TcpStream | None = None

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken with the client, or was begun."""
        return self._tls is not None

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Speak TLS with the client from now on, unless it is spoken already.

        Raises:
            ssl.SSLError: The handshake failed; `finish` tells the client.
        """
        self._tls = self._tls or TlsStream(self._tcp, context)
        await self._tls.handshake()

    async def client(self) -> Stream:
        """Give the client's side, once a handshake that was begun is over.

        Raises:
            ssl.SSLError: The handshake failed; `finish` tells the client.
        """
        if self._tls is None:
            return self._tcp
        await self._tls.handshake()
        return self._tls

    async def ended(self) -> None:
        """Wait until the client sends no more; what it sent stays to be taken."""
        await self._tcp.ended()

    async def upstream(self) -> Stream | None:
        """Give the upstream, connected when first asked for; None if alone.

        Raises:
            OSError: It cannot be reached.
        """
        if self._upstream is None and self._address is not None:
            loop = asyncio.get_running_loop()
            _, self._upstream = await loop.create_connection(TcpStream, *self._address)
        return self._upstream

    def reset(self) -> None:
        """Cut the client off, which sees a reset."""
        self._tcp.reset()

    async def finish(self) -> None:
        """End both sides; returns when the client has left too."""
        if self._upstream is not None:
            self._upstream.abort()
        await (self._tls or self._tcp).finish()

    async def close(self) -> None:
        """Close what is open."""
        self._tcp.abort()
        await self._tcp.closed()
        if self._upstream is not None:
            self._upstream.abort()
            await self._upstream.closed()
