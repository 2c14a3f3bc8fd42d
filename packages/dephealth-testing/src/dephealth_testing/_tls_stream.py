"""TLS on top of a stream, from the server's side.

Not asyncio's own: that one closes without sending the alert when it rejects a
client, so the client would see a cut where real servers say what is wrong.
"""

from __future__ import annotations

import contextlib
import ssl
from typing import TYPE_CHECKING

from ._stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

_READ = 1 << 16


class TlsStream(Stream):
    """What the client sends and gets inside of TLS."""

    def __init__(self, beneath: Stream, context: ssl.SSLContext) -> None:
        self._beneath = beneath
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._arrived = bytearray()
        self._over = False

    async def handshake(self) -> None:
        """Agree with the client, from where an earlier call was cancelled.

        Raises:
            ssl.SSLError: One rejected the other; `finish` tells the client.
            ConnectionResetError: The client reset the connection.
        """
        await self._repeat(self._tls.do_handshake)

    async def peek(self, least: int = 1) -> bytes:
        while len(self._arrived) < least and not self._over:
            await self._repeat(self._read)
        return bytes(self._arrived)

    def take(self, count: int) -> None:
        del self._arrived[:count]

    async def send(self, data: bytes) -> None:
        self._tls.write(data)
        await self._flush()

    async def finish(self) -> None:
        with contextlib.suppress(ssl.SSLError):  # "not yet answered" is one
            self._tls.unwrap()
        await self._flush()
        await self._beneath.finish()

    def _read(self) -> None:
        data = self._tls.read(_READ)
        self._over = not data
        self._arrived += data

    async def _repeat(self, step: Callable[[], None]) -> None:
        """Do *step* again with what arrives until it is done."""
        while True:
            try:
                step()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed()
            else:
                await self._flush()
                return

    async def _feed(self) -> None:
        if data := await self._beneath.peek():
            self._beneath.take(len(data))
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            await self._beneath.send(data)
