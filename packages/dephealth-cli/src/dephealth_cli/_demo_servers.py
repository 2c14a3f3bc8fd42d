"""Small servers that the demonstration depends on, and that fail on demand."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod


class DemoServer(ABC):
    """A server on a port of this machine, always the same one."""

    def __init__(self) -> None:
        self.port = 0
        self.sick = False
        """Whether it answers that it is not well, or does not answer at all."""
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._served, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no longer."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self.serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            return  # who asks has gone, or speaks something else
        finally:
            writer.close()

    @abstractmethod
    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer on one connection; its return ends it."""


class Relay(DemoServer):
    """Greets, as a mail server does."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say so."""
        del reader  # it says nothing that matters
        writer.write(b"220 relay ready\r\n")
        await writer.drain()


class Web(DemoServer):
    """Answers every request with 200, or with 503 when it is sick."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one request, and answer."""
        await reader.readuntil(b"\r\n\r\n")
        status = b"503 Service Unavailable" if self.sick else b"200 OK"
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()


class Cache(DemoServer):
    """Speaks as much of Redis as a client needs for PING; says nothing when it is sick."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer commands until the client ends."""
        answers = {b"PING": b"+PONG\r\n", b"HELLO": b"-ERR unknown command\r\n"}
        while line := await reader.readline():
            words = []
            for _ in range(int(line[1:])):
                length = int((await reader.readline())[1:])
                words.append((await reader.readexactly(length + 2))[:-2])
            if self.sick:
                await reader.read()
                return
            writer.write(answers.get(words[0].upper(), b"+OK\r\n"))
            await writer.drain()
