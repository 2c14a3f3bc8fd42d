"""HTTP servers that answer what a test tells them to, and remember what they were asked."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import pytest

from dephealth import Checker, Endpoint, check_once

BOUND = 10.0
"""Seconds until a test that waits for an event has failed."""

Script = int | tuple[int, str] | bytes
"""What a site answers: a status, one with a location, or these very bytes."""


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; the names of its headers in lower case."""

    line: str
    headers: dict[str, str]

    @classmethod
    def of(cls, head: bytes) -> Asked:
        line, *lines = head.decode().strip().split("\r\n")
        pairs = [text.split(":", 1) for text in lines]
        names = [name.lower() for name, _ in pairs]
        assert len(set(names)) == len(names), f"a header is sent twice: {lines}"
        return cls(line, {name.lower(): value.strip() for name, value in pairs})


class Site:
    """An HTTP server. Each request gets the next answer; the last one again and again."""

    port: int

    def __init__(
        self, answers: Sequence[Script], host: str, context: ssl.SSLContext | None
    ) -> None:
        self.host = host
        self.asked: list[Asked] = []
        self.connections = 0
        self.protocols: list[str | None] = []
        """What was agreed upon in TLS, for each connection."""
        self.answers = list(answers)
        self._context = context
        self._scheme = "http" if context is None else "https"
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.host, str(self.port))

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def url(self, target: str = "") -> str:
        return f"{self._scheme}://{self.authority}{target}"

    @property
    def lines(self) -> list[str]:
        """The request lines without the version."""
        return [asked.line.removesuffix(" HTTP/1.1") for asked in self.asked]

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[Site]:
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
        self.connections += 1
        if self._context is not None:
            self.protocols.append(writer.get_extra_info("ssl_object").selected_alpn_protocol())
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    self.asked.append(Asked.of(head))
                    writer.write(
                        _as_bytes(self.answers[min(len(self.asked), len(self.answers)) - 1])
                    )
        finally:
            writer.transport.abort()


def _as_bytes(answer: Script) -> bytes:
    match answer:
        case bytes():
            return answer
        case (status, location):
            text = f"HTTP/1.1 {status} R\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
            return text.encode("utf-8")
        case status:
            return f"HTTP/1.1 {status} Reason\r\nContent-Length: 4\r\n\r\nbody".encode()


class Serve(Protocol):
    """What the fixture `serve` gives."""

    async def __call__(
        self, *answers: Script, host: str = "127.0.0.1", context: ssl.SSLContext | None = None
    ) -> Site:
        """Start a site that runs until the end of the test."""


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    async with contextlib.AsyncExitStack() as stack:

        async def start(
            *answers: Script, host: str = "127.0.0.1", context: ssl.SSLContext | None = None
        ) -> Site:
            return await stack.enter_async_context(Site(answers or (200,), host, context).run())

        yield start


class Server(Protocol):
    """Whatever has an address."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int | str: ...


class Found(NamedTuple):
    """What the core makes of one check."""

    detail: str
    latency: float
    reason: str


class Probe(Protocol):
    """What the fixture `probe` gives."""

    async def __call__(self, checker: Checker, server: Server, timeout: float = 5.0) -> Found:
        """Check once; nothing that the check raises may be a surprise."""


@pytest.fixture
def probe() -> Probe:
    async def once(checker: Checker, server: Server, timeout: float = 5.0) -> Found:
        check = await check_once(checker, Endpoint(server.host, str(server.port)), timeout)
        assert check.expected, check.reason
        assert check.outcome is not None, check.reason
        return Found(check.outcome.detail, check.latency, check.reason)

    return once
