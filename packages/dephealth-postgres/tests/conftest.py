"""A server that speaks as much of PostgreSQL's protocol as asyncpg asks for."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Self

import pytest

from dephealth import Endpoint, check_once
from dephealth_postgres import PostgresChecker

BOUND = 10.0
"""Seconds until a test that waits for an event has failed."""

_SSL_REQUEST, _CANCEL_REQUEST = 80877103, 80877102
_ONE_COLUMN = struct.pack("!h", 1) + b"answer\0" + struct.pack("!ihihih", 0, 0, 23, 4, -1, 0)
_ONE_ROW = struct.pack("!hii", 1, 4, 1)


class FakePostgres:
    """One server; on a unix socket if a folder is given.

    Attributes:
        context: For TLS; None: it is refused.
        password: What must be given; None: nothing.
        refusal: SQLSTATE with which every login ends.
        errors: SQLSTATE with which a query ends, by its text.
        held: Texts of queries, "login", "reset", "cancel" and "goodbye" that get no answer until
            `release`.
        holding: Those that wait for it.
        logins: The settings of every start of a session.
        asked: The text of every query that was run or rejected, but for the resets of a pool.
        names: The names under which statements were prepared.
        protocols: What each TLS handshake agreed upon to speak.
        cancels: How many requests to cancel a query arrived.
        resets: How many connections went back to their pool.
        goodbyes: How many sessions were ended in order.
        connections: How many were accepted.
        open: Those that are.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.host, self.port = ("127.0.0.1", 0) if folder is None else (str(folder), 5432)
        self.context: ssl.SSLContext | None = None
        self.password: str | None = None
        self.refusal: str | None = None
        self.errors: dict[str, str] = {}
        self.held: set[str] = set()
        self.holding: set[str] = set()
        self.logins: list[dict[str, str]] = []
        self.asked: list[str] = []
        self.names: set[str] = set()
        self.protocols: list[str | None] = []
        self.cancels = self.resets = self.goodbyes = self.connections = 0
        self.open: set[asyncio.StreamWriter] = set()
        self.released = asyncio.Event()
        self.sessions: dict[int, Session] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._news = asyncio.Condition()

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.host, str(self.port))

    async def __aenter__(self) -> Self:
        if self.host.startswith("/"):
            path = f"{self.host}/.s.PGSQL.{self.port}"
            self._server = await asyncio.start_unix_server(self._accept, path)
        else:
            self._server = await asyncio.start_server(self._accept, self.host)
            self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.refuse()
        self.release()
        self.hang_up()
        if self._serving:
            await asyncio.wait(self._serving, timeout=BOUND)

    def refuse(self) -> None:
        """Listen no longer."""
        self._server.close()

    def hang_up(self) -> None:
        """End all connections."""
        for writer in self.open:
            writer.transport.abort()

    def release(self) -> None:
        """Answer what is held, and hold nothing any more."""
        self.held.clear()
        self.released.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that comes with a message, a connection or its end."""
        async with asyncio.timeout(BOUND), self._news:
            await self._news.wait_for(condition)

    async def tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        self.connections += 1
        self.open.add(writer)
        session = Session(self, reader, writer)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await session.run()
        finally:
            writer.transport.abort()
            self.open.discard(writer)
            self._serving.discard(task)
            await self.tell()


class Session:
    """One connection to a `FakePostgres`."""

    def __init__(
        self, server: FakePostgres, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer
        self.cancelled = asyncio.Event()
        self.query = ""

    async def run(self) -> None:
        settings = await self._start()
        if settings is None or not await self._log_in(settings):
            return
        while await self._answer(*await self._message()):
            await self.server.tell()

    async def _start(self) -> dict[str, str] | None:
        """The settings that the client starts with; None if it came to cancel."""
        size, code = struct.unpack("!ii", await self.reader.readexactly(8))
        if code == _SSL_REQUEST:
            self.writer.write(b"N" if self.server.context is None else b"S")
            if self.server.context is not None:
                await self.writer.drain()
                await self.writer.start_tls(self.server.context)
                tls = self.writer.get_extra_info("ssl_object")
                self.server.protocols.append(tls.selected_alpn_protocol())
            return await self._start()
        body = await self.reader.readexactly(size - 8)
        if code == _CANCEL_REQUEST:
            await self._hold("cancel")
            self.server.cancels += 1
            self.server.sessions[struct.unpack("!ii", body)[0]].cancelled.set()
            await self.server.tell()
            return None
        words = body.decode().split("\0")
        return dict(zip(words[::2], words[1::2], strict=False))

    async def _log_in(self, settings: dict[str, str]) -> bool:
        self.server.logins.append(settings)
        await self.server.tell()
        await self._hold("login")
        if self.server.password is not None:
            self._send(b"R", struct.pack("!i", 3))
            _, given = await self._message()
            if given != self.server.password.encode() + b"\0":
                return self._fail("28P01")
        if self.server.refusal is not None:
            return self._fail(self.server.refusal)
        number = len(self.server.sessions) + 1
        self.server.sessions[number] = self
        self._send(b"R", struct.pack("!i", 0))
        for setting in (b"server_version\x0015.0\0", b"client_encoding\0UTF8\0"):
            self._send(b"S", setting)
        self._send(b"K", struct.pack("!ii", number, 0))
        self._send(b"Z", b"I")
        return True

    async def _answer(self, kind: bytes, body: bytes) -> bool:
        """Answer one message; whether the session goes on."""
        match kind:
            case b"P":
                name, self.query = body.decode().split("\0")[:2]
                self.server.names.add(name)
                if self.query in self.server.errors:
                    self.server.asked.append(self.query)
                    self._fail(self.server.errors[self.query])
                else:
                    self._send(b"1", b"")
            case b"D" if self.query not in self.server.errors:
                self._send(b"t", struct.pack("!h", 0))
                self._send(b"T", _ONE_COLUMN)
            case b"B":
                self._send(b"2", b"")
            case b"E":
                self.server.asked.append(self.query)
                await self.server.tell()
                if await self._hold(self.query):
                    self._send(b"D", _ONE_ROW)
                    self._send(b"C", b"SELECT 1\0")
                else:
                    self._fail("57014")
            case b"S":
                self._send(b"Z", b"I")
            case b"Q":  # the reset of a connection that goes back to its pool
                self.server.resets += 1
                await self._hold("reset")
                self._send(b"C", b"RESET\0")
                self._send(b"Z", b"I")
            case b"X":
                self.server.goodbyes += 1
                await self.server.tell()
                await self._hold("goodbye")
                return False
        return True

    async def _hold(self, what: str) -> bool:
        """Wait for as long as *what* is held; False if it was cancelled meanwhile."""
        if what not in self.server.held:
            return True
        self.server.holding.add(what)
        await self.server.tell()
        ways = [
            asyncio.create_task(event.wait()) for event in (self.cancelled, self.server.released)
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        return not self.cancelled.is_set()

    async def _message(self) -> tuple[bytes, bytes]:
        kind, size = struct.unpack("!ci", await self.reader.readexactly(5))
        return kind, await self.reader.readexactly(size - 4)

    def _send(self, kind: bytes, body: bytes) -> None:
        self.writer.write(kind + struct.pack("!i", len(body) + 4) + body)

    def _fail(self, sqlstate: str) -> bool:
        self._send(b"E", f"SERROR\0C{sqlstate}\0Mno\0\0".encode())
        return False


@pytest.fixture
async def server() -> AsyncIterator[FakePostgres]:
    async with FakePostgres() as server:
        yield server


@pytest.fixture
async def unix_server(tmp_path: Path) -> AsyncIterator[FakePostgres]:
    async with FakePostgres(tmp_path) as server:
        yield server


Check = Callable[..., Coroutine[Any, Any, str]]


@pytest.fixture
def check(server: FakePostgres) -> Check:
    """Check the server, or another endpoint, with these options; gives the detail."""

    async def check(endpoint: Endpoint | None = None, timeout: float = 2.0, **options: Any) -> str:
        login = {} if "pool" in options else {"username": "app"}
        checker = PostgresChecker(**{**login, **options})
        result = await check_once(checker, endpoint or server.endpoint, timeout)
        assert result.outcome is not None
        assert result.expected, result.reason
        return result.outcome.detail

    return check
