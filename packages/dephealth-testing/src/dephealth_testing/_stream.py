"""One side of a connection, with what has arrived and is not yet taken."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from abc import ABC, abstractmethod
from typing import cast

_MOST_HELD = 1 << 20
_LINGER_ZERO = struct.pack("ii", 1, 0)


class Stream(ABC):
    """What a fault reads from and writes to.

    Looking at bytes and taking them are two steps, so that a fault that is
    replaced while it waits loses none: the next one finds them.
    """

    @abstractmethod
    async def peek(self, least: int = 1) -> bytes:
        """Wait for *least* bytes and show all there are; fewer at the end.

        Raises:
            ConnectionResetError: The peer reset the connection.
        """

    @abstractmethod
    def take(self, count: int) -> None:
        """Take *count* of the bytes that were shown."""

    @abstractmethod
    async def send(self, data: bytes) -> None:
        """Send *data*, and wait while the peer is slow to read.

        Raises:
            ConnectionResetError: The connection is gone.
        """

    @abstractmethod
    async def finish(self) -> None:
        """Send the end, then drop what arrives until the peer ends too.

        Closing at once would turn into a reset when something is unread.
        """

    async def copy_to(self, sink: Stream) -> None:
        """Send all that arrives here to *sink*, until the end."""
        while data := await self.peek():
            self.take(len(data))
            await sink.send(data)


class TcpStream(Stream, asyncio.Protocol):
    """A TCP connection of the running loop."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._arrived = bytearray()
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._ended = asyncio.Event()
        self._closed = asyncio.Event()
        self._finished = False

    async def peek(self, least: int = 1) -> bytes:
        while len(self._arrived) < least and not self._ended.is_set():
            self._news.clear()
            await self._news.wait()
        if not self._arrived and self._closed.is_set():
            raise ConnectionResetError("the connection is gone")
        return bytes(self._arrived)

    def take(self, count: int) -> None:
        del self._arrived[:count]
        if len(self._arrived) < _MOST_HELD and not self._transport.is_closing():
            self._transport.resume_reading()

    async def send(self, data: bytes) -> None:
        if not (self._finished or self._transport.is_closing()):
            self._transport.write(data)
            await self._writable.wait()
        if self._finished or self._transport.is_closing():
            raise ConnectionResetError("the connection is gone")

    async def ended(self) -> None:
        """Wait until the peer sends no more; what it sent stays to be taken."""
        await self._ended.wait()

    async def finish(self) -> None:
        self._finished = True
        if not self._transport.is_closing():
            self._transport.write_eof()
        with contextlib.suppress(ConnectionResetError):
            while data := await self.peek():
                self.take(len(data))

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def reset(self) -> None:
        """Close at once, and let the peer see a reset rather than an end."""
        sock = self._transport.get_extra_info("socket")
        if sock is not None:  # as it is with uvloop, once it is closed
            with contextlib.suppress(OSError, ValueError):  # closed already
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self._transport.abort()

    async def closed(self) -> None:
        """Wait until the socket is closed."""
        await self._closed.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._arrived += data
        if len(self._arrived) >= _MOST_HELD:
            self._transport.pause_reading()
        self._news.set()

    def eof_received(self) -> bool:
        self._ended.set()
        self._news.set()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        for event in (self._closed, self._ended, self._news, self._writable):
            event.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()


class Nobody(Stream):
    """The upstream of a proxy that stands alone: takes all, answers nothing."""

    async def peek(self, least: int = 1) -> bytes:
        del least
        await asyncio.Event().wait()
        return b""

    def take(self, count: int) -> None:
        pass

    async def send(self, data: bytes) -> None:
        pass

    async def finish(self) -> None:
        pass


class Noise(Nobody):
    """An upstream that answers at once, without end, and in no protocol."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def peek(self, least: int = 1) -> bytes:
        del least
        return self._data

    def take(self, count: int) -> None:
        self._data = self._data[count:] + self._data[:count]
