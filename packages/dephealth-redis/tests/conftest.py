"""A server that speaks as much of the Redis protocol as clients ask for at their start."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, Self

import pytest
from redis.asyncio import Redis

from dephealth import Endpoint, SingleCheck, check_once
from dephealth_redis import RedisChecker

OK = b"+OK\r\n"
USUAL = {
    "PING": b"+PONG\r\n",
    "HELLO": b"%1\r\n$5\r\nproto\r\n:3\r\n",
    "INFO": b"$17\r\ncluster_enabled:1\r\n",
    "COMMAND": b"*0\r\n",
}
BOUND = 10.0
"""Seconds until a test that waits for an event has failed."""


class FakeRedis:
    """One server; on a unix socket if a path is given.

    Attributes:
        replies: What a command is answered, by its first word; wins over what
            the server would say.
        password: What AUTH must end with, and without which nothing else works.
        held: Commands that get no answer until `release` is called.
        asked: Every command that arrived.
        connections: How many were accepted.
        open: Those that are.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.host, self.port = ("127.0.0.1", 0) if path is None else (str(path), 0)
        self.replies: dict[str, bytes] = {}
        self.password: str | None = None
        self.held: set[str] = set()
        self.asked: list[list[str]] = []
        self.connections = 0
        self.open: set[asyncio.StreamWriter] = set()
        self._released = asyncio.Event()
        self._news = asyncio.Condition()
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.host, str(self.port))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, on the same port as before."""
        if self.path is None:
            self._server = await asyncio.start_server(self._accept, self.host, self.port)
            self.port = self._server.sockets[0].getsockname()[1]
        else:
            self._server = await asyncio.start_unix_server(self._accept, self.path)

    async def stop(self) -> None:
        """Listen no longer, and end all connections."""
        self._server.close()
        self.release()
        self.hang_up()
        if self._serving:
            await asyncio.wait(self._serving, timeout=BOUND)

    def hang_up(self) -> None:
        """End all connections."""
        for writer in self.open:
            writer.close()

    def release(self) -> None:
        """Answer what is held, and hold nothing any more."""
        self.held.clear()
        self._released.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that comes with a command, a connection or its end."""
        async with asyncio.timeout(BOUND), self._news:
            await self._news.wait_for(condition)

    async def until_asked(self, command: str) -> None:
        await self.until(lambda: any(words[0] == command for words in self.asked))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        self.connections += 1
        self.open.add(writer)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._serve(reader, writer)
        finally:
            writer.close()
            self.open.discard(writer)
            self._serving.discard(task)
            await self._tell()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        trusted = self.password is None
        while True:
            words = await _command(reader)
            self.asked.append(words)
            await self._tell()
            if words[0] in self.held:
                await self._released.wait()
            if words[0] in {"AUTH", "HELLO"} and words[-1] == self.password:
                trusted = True
            elif words[0] == "AUTH":
                trusted = False
                writer.write(self.replies.get("AUTH", b"-WRONGPASS invalid password\r\n"))
                continue
            writer.write(self._answer(words) if trusted else b"-NOAUTH required.\r\n")

    def _answer(self, words: list[str]) -> bytes:
        if words[0] in self.replies:
            return self.replies[words[0]]
        if words[0] == "ECHO":
            return f"${len(words[1])}\r\n{words[1]}\r\n".encode()
        return USUAL.get(words[0], OK)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


async def _command(reader: asyncio.StreamReader) -> list[str]:
    head = await reader.readexactly(1)
    assert head == b"*"
    words = []
    for _ in range(int(await reader.readline())):
        size = int((await reader.readline())[1:])
        words.append((await reader.readexactly(size + 2))[:-2].decode())
    return words


@pytest.fixture
async def server() -> AsyncIterator[FakeRedis]:
    async with FakeRedis() as server:
        yield server


@pytest.fixture
async def unix_server(tmp_path: Path) -> AsyncIterator[FakeRedis]:
    async with FakeRedis(tmp_path / "redis.sock") as server:
        yield server


Check = Callable[..., Awaitable[SingleCheck]]


@pytest.fixture
def check(server: FakeRedis) -> Check:
    """Check the server with these options of the checker."""

    async def check(timeout: float = 2.0, **options: object) -> SingleCheck:
        return await check_once(RedisChecker(**options), server.endpoint, timeout)  # type: ignore[arg-type]

    return check


ANYWHERE = Endpoint("client.invalid", "1")
"""A client knows by itself where to go."""

Ask = Callable[..., Coroutine[Any, Any, str]]


@pytest.fixture
def ask() -> Ask:
    """Check once through a client, and give the detail, which must be no surprise."""

    async def ask(client: Any, timeout: float = 2.0) -> str:
        result = await check_once(RedisChecker(client=client), ANYWHERE, timeout)
        assert result.outcome is not None
        assert result.expected, result
        return result.outcome.detail

    return ask


MakeClient = Callable[..., Redis]


@pytest.fixture
async def make_client(server: FakeRedis) -> AsyncIterator[MakeClient]:
    """Make clients of the server that are closed at the end."""
    clients: list[Redis] = []

    def make(port: int | None = None, **options: Any) -> Redis:
        client = Redis(host=server.host, port=port or server.port, **options)
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.aclose()
        await client.connection_pool.disconnect()
