"""A connection as httpcore knows one."""

from __future__ import annotations

import asyncio

import httpcore

from dephealth import CheckError, Stream

NOT_HTTP = "the answer is not HTTP"
_BEGIN = b"HTTP/"
_END_OF_HEAD = b"\n\r\n"


class Wire(httpcore.AsyncNetworkStream):
    """Tells httpcore what *stream* gives, and by itself what is no HTTP.

    httpcore would wait for the end of a head that the greeting of another
    protocol does not have, and has one error for such and for a connection
    that was cut.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._begun = b""
        self._waiting = b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """What comes next, at most to the end of a head: of interim ones many may come at once.

        Raises:
            ConnectionResetError: The connection was cut before an answer.
            CheckError: What has come is not HTTP.
        """
        if self._waiting:
            await asyncio.sleep(0)
        else:
            self._waiting = await self._stream.receive()
        head, end, self._waiting = self._waiting.partition(_END_OF_HEAD)
        data = head + end
        self._begun = (self._begun + data)[: len(_BEGIN)]
        if not _BEGIN.startswith(self._begun):
            if b"\n" in data:
                raise CheckError(f"{NOT_HTTP}: illegal status line")
        elif not data:
            raise ConnectionResetError("the connection was closed before an answer")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Send *buffer*, which is nothing for a body that is none.

        Raises:
            httpcore.WriteError: The server does not listen. It may have
                answered before, or said in TLS why it will not.
        """
        try:
            if buffer:
                await self._stream.send(buffer)
        except ConnectionError as exc:
            raise httpcore.WriteError from exc

    async def aclose(self) -> None:
        """Do nothing: who opened the stream closes it."""
