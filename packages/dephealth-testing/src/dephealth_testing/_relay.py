"""The faults that pass on what client and upstream say, each in its own way."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._fault import NOISE, Fault
from ._stream import Nobody, Noise, Stream

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from ._connection import Connection


class Relay(Fault):
    """Send requests up as they are and answers down as `answer` does it.

    The connection ends when one side does.
    """

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        upstream = await connection.upstream() or self.alone()
        await _first(client.copy_to(upstream), self.answer(upstream, client))

    def alone(self) -> Stream:
        """Give what stands for the upstream of a proxy that has none."""
        return Nobody()

    @abstractmethod
    async def answer(self, upstream: Stream, client: Stream) -> None:
        """Bring what *upstream* says to *client*, until one of them ends."""


@dataclass(frozen=True)
class Forward(Relay):
    """Pass everything on. Without an upstream: accept, read, say nothing."""

    async def answer(self, upstream: Stream, client: Stream) -> None:
        await upstream.copy_to(client)


@dataclass(frozen=True)
class Delay(Relay):
    """Hold the answer back.

    Args:
        seconds: How long, from its first byte on.
    """

    seconds: float

    async def answer(self, upstream: Stream, client: Stream) -> None:
        while await upstream.peek():
            await asyncio.sleep(self.seconds)
            data = await upstream.peek()
            upstream.take(len(data))
            await client.send(data)


@dataclass(frozen=True)
class Drip(Relay):
    """Bring the answer byte by byte; without an upstream, bytes of no protocol.

    Args:
        interval: Seconds from one byte to the next.
    """

    interval: float = 1.0

    def alone(self) -> Stream:
        return Noise(NOISE)

    async def answer(self, upstream: Stream, client: Stream) -> None:
        while data := await upstream.peek():
            upstream.take(1)
            await client.send(data[:1])
            await asyncio.sleep(self.interval)


@dataclass(frozen=True)
class Cut(Relay):
    """Bring the begin of the answer, then end; alone, bytes of no protocol.

    Args:
        after: How many bytes of it arrive. 0 cuts when the answer begins.
        reset: End with a reset rather than in order.
    """

    after: int
    reset: bool = False

    def alone(self) -> Stream:
        return Noise(NOISE)

    async def answer(self, upstream: Stream, client: Stream) -> None:
        await upstream.peek()
        left = self.after
        while left and (data := (await upstream.peek())[:left]):
            upstream.take(len(data))
            await client.send(data)
            left -= len(data)
        if self.reset:
            raise ConnectionResetError("cut")


async def _first(*jobs: Coroutine[None, None, None]) -> None:
    """Run *jobs* until one has ended; raise what it raised."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
