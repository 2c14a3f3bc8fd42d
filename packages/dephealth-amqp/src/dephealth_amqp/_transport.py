"""How aiormq gets its connection: to one endpoint, and with TLS as the checker wants it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from typing import Any

from aiormq.connection import TransportFactory
from yarl import URL

from dephealth import CheckError, CheckTlsError, Endpoint, lacks_certificate, resolve

_TLS_FAREWELL = 0.1
"""Seconds to wait for a peer's farewell in TLS; asyncio waits 30 s for one that is silent."""

_LARGEST_FRAME = 1024 * 1024
_BEGINNINGS = (b"\x01", b"A")
"""A method frame, or the header of a broker that wants another version (AMQP 0-9-1, 4.2.2)."""


class Transport(TransportFactory):
    """Connects to the first address of an endpoint that accepts.

    Args:
        endpoint: Where the broker is.
        context: What TLS needs; None for none.
    """

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext | None) -> None:
        self._endpoint = endpoint
        self._context = context
        self._reader: _FrameReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._tls: Any = None

    @property
    def lacks_certificate(self) -> bool:
        """Whether that is why the connection has ended, if it has."""
        heard = self._reader is not None and self._reader.begun
        return not heard and lacks_certificate(self._tls)

    async def create(self, url: URL, **_: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect; the address in *url* does not count.

        Raises:
            CheckTlsError: TLS could not be set up.
            OSError: The name does not resolve, or no address accepts.
        """
        del url
        reader, writer = await self._connect_any(await resolve(self._endpoint.host))
        self._reader, self._writer = reader, writer
        self._tls = writer.get_extra_info("ssl_object")
        return reader, writer

    def abort(self) -> None:
        """End the connection, if there is one still; the driver's tasks end of that."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def _connect_any(
        self, addresses: Sequence[str]
    ) -> tuple[_FrameReader, asyncio.StreamWriter]:
        *others, last = addresses
        for address in others:
            with contextlib.suppress(OSError):
                return await self._connect(address)
        return await self._connect(last)

    async def _connect(self, address: str) -> tuple[_FrameReader, asyncio.StreamWriter]:
        if self._context is None:
            return await _open(address, self._endpoint)
        try:
            return await _open(
                address,
                self._endpoint,
                ssl=self._context,
                server_hostname=self._endpoint.host,
                ssl_shutdown_timeout=_TLS_FAREWELL,
            )
        except (ConnectionAbortedError, ConnectionResetError) as exc:
            # A connection that was not made is refused; one that is cut was in its handshake.
            raise CheckTlsError(f"the TLS handshake was cut: {exc}") from exc


async def _open(
    address: str, endpoint: Endpoint, **tls: Any
) -> tuple[_FrameReader, asyncio.StreamWriter]:
    """`asyncio.open_connection` with a reader of ours."""
    loop = asyncio.get_running_loop()
    reader = _FrameReader(loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport, _ = await loop.create_connection(
        lambda: protocol, address, int(endpoint.port), **tls
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


class _FrameReader(asyncio.StreamReader):
    """Refuses what cannot be AMQP, where aiormq would wait for the rest of it, and keep it all."""

    begun = False
    """Whether the broker has said anything."""

    async def readexactly(self, n: int) -> bytes:
        """The next *n* bytes.

        Raises:
            CheckError: They do not begin a frame, or are more than one can have.
        """
        if n > _LARGEST_FRAME:
            raise CheckError(f"the answer is not AMQP: a frame of {n} bytes")
        data = await super().readexactly(n)
        if not self.begun and data[:1] not in _BEGINNINGS:
            raise CheckError("the answer is not AMQP")
        self.begun = True
        return data
