"""A server that answers in HTTP/2 what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import hpack
from hyperframe.frame import DataFrame, Frame, HeadersFrame, SettingsFrame

from dephealth import Endpoint, HealthChecker

BOUND = 5.0
"""Seconds until a test that waits for an event has failed."""

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = SettingsFrame(0, settings={SettingsFrame.MAX_CONCURRENT_STREAMS: 100}).serialize()
NOTHING = b"\0\0\0\0\0"
"""A request about the whole server as it stands in the body, behind its prefix."""
SERVING = b"\0\0\0\0\x02\x08\x01"
"""A response as it stands in the body, behind its prefix."""


def headers(*pairs: tuple[str, str], flags: Sequence[str] = ("END_HEADERS",)) -> bytes:
    """A frame of headers; nothing in it refers to an earlier one."""
    block = hpack.Encoder().encode([(*pair, True) for pair in pairs])
    return HeadersFrame(1, block, flags=flags).serialize()


def data(body: bytes, *flags: str) -> bytes:
    """A frame of data."""
    return DataFrame(1, body, flags=flags).serialize()


BEGIN = headers((":status", "200"), ("content-type", "application/grpc"))
END = headers(("grpc-status", "0"), flags=["END_HEADERS", "END_STREAM"])
ANSWER = SETTINGS + BEGIN + data(SERVING) + END
"""A whole answer that says SERVING."""


def only_trailers(*pairs: tuple[str, str]) -> bytes:
    """An answer of headers alone."""
    return SETTINGS + headers(*pairs, flags=["END_HEADERS", "END_STREAM"])


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        (value,) = [value for key, value in self.headers if key == name]
        return value


async def passes(checker: HealthChecker, endpoint: Endpoint) -> None:
    """Let *checker* check *endpoint*; raises what it raises, or that it does not end."""
    async with asyncio.timeout(BOUND):
        await checker.check(endpoint)


class Peer:
    """A server that gives the same bytes to everybody."""

    port: int

    def __init__(
        self, answer: bytes, host: str, context: ssl.SSLContext | None, *, leaves: bool = False
    ) -> None:
        self.host = host
        self.protocols: list[str | None] = []
        """What was agreed upon in TLS, for each connection."""
        self._answer = answer
        self._leaves = leaves
        self._context = context
        self._asked: asyncio.Queue[Asked] = asyncio.Queue()
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.host, str(self.port))

    async def asked(self) -> Asked:
        """The next request whose client has left."""
        return await asyncio.wait_for(self._asked.get(), BOUND)

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[Peer]:
        server = await asyncio.start_server(self._serve, self.host, 0, ssl=self._context)
        self.port = server.sockets[0].getsockname()[1]
        yield self
        server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await asyncio.wait_for(server.wait_closed(), BOUND)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        if self._context is not None:
            self.protocols.append(writer.get_extra_info("ssl_object").selected_alpn_protocol())
        block, body = b"", b""
        try:
            assert await reader.readexactly(len(PREFACE)) == PREFACE
            # gRPC waits for this before it asks; what is no HTTP/2 waits for nothing.
            rest = self._answer.removeprefix(SETTINGS)
            writer.write(self._answer.removesuffix(rest) or self._answer)
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                async for frame in _frames(reader):
                    match frame:
                        case DataFrame():
                            body += frame.data
                            writer.write(rest)
                            if self._leaves:
                                writer.close()
                        case Frame() if hasattr(frame, "data"):
                            block += frame.data
            decoded = hpack.Decoder(max_header_list_size=1 << 20).decode(block)
            assert all(isinstance(text, str) for pair in decoded for text in pair)
            self._asked.put_nowait(Asked([(str(k), str(v)) for k, v in decoded], body))
        finally:
            writer.transport.abort()


async def _frames(reader: asyncio.StreamReader) -> AsyncIterator[Frame]:
    while True:
        frame, length = Frame.parse_frame_header(memoryview(await reader.readexactly(9)))
        frame.parse_body(memoryview(await reader.readexactly(length)))
        yield frame
