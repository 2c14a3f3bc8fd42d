"""A real upstream, and bare clients that wait only so long."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import ssl

    from dephealth_testing import FaultProxy, ThreadedFaultProxy

Address = tuple[str, int]

BOUND = 10.0
"""Seconds until a test that waits for an event has failed."""


@dataclass
class Client:
    """A connection of asyncio's own making."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, question: bytes) -> bytes:
        self.writer.write(question + b"\n")
        return await self.receive()

    async def receive(self, bound: float = BOUND) -> bytes:
        """Give what comes next, b"" at the end."""
        return await asyncio.wait_for(self.reader.read(1000), bound)

    async def receive_all(self) -> bytes:
        return await asyncio.wait_for(self.reader.read(), BOUND)

    async def close(self) -> None:
        self.writer.close()
        await asyncio.wait_for(self.writer.wait_closed(), BOUND)


class Dial:
    """Connects to proxies, and closes what is open at the end of the test."""

    def __init__(self) -> None:
        self._clients: list[Client] = []

    async def __call__(
        self,
        proxy: FaultProxy | ThreadedFaultProxy,
        context: ssl.SSLContext | None = None,
        name: str | None = None,
    ) -> Client:
        connecting = asyncio.open_connection(
            proxy.host, proxy.port, ssl=context, server_hostname=name
        )
        client = Client(*await asyncio.wait_for(connecting, BOUND))
        self._clients.append(client)
        return client

    async def close(self) -> None:
        for client in self._clients:
            client.writer.transport.abort()
            with contextlib.suppress(OSError):
                await client.close()


@pytest.fixture
async def dial() -> AsyncIterator[Dial]:
    """Connect to a proxy."""
    dial = Dial()
    yield dial
    await dial.close()


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[[Handler], Awaitable[Address]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start servers of asyncio's own, which end with the test."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(handler: Handler) -> Address:
            async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                with contextlib.suppress(OSError):
                    await handler(reader, writer)
                writer.close()

            server = await asyncio.start_server(handle, "127.0.0.1", 0)
            address: Address = server.sockets[0].getsockname()
            await stack.enter_async_context(server)
            return address

        yield start


@pytest.fixture
async def upstream(serve: Serve) -> Address:
    """A server that answers each line, `x` with `answer to x`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(b"answer to " + line)

    return await serve(answer)


@pytest.fixture
async def two_pieces(serve: Serve) -> Address:
    """A server that answers the first line in two pieces, then hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"one ")
        await asyncio.sleep(0.05)
        writer.write(b"two")

    return await serve(answer)
