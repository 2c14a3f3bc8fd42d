"""A server that speaks as much of MySQL's protocol as aiomysql asks for."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Self

import aiomysql
import pytest

from dephealth import Endpoint, check_once
from dephealth_mysql import MySQLChecker
from dephealth_testing import Connection, Fault, FaultProxy, Refuse, Stream

BOUND = 10.0
"""Seconds until a test that waits for an event has failed."""

SALT = b"abcdefghijklmnopqrst"

_CLIENT_SSL = 0x800
_CONNECT_WITH_DB = 0x8
# Protocol 4.1, transactions, authentication with plugins, what they send with its length.
_CAPABILITIES = 0x1 | _CONNECT_WITH_DB | 0x200 | 0x2000 | 0x8000 | 0x80000 | 0x100000 | 0x200000
_IN_TRANSACTION, _AUTOCOMMIT, _MORE_RESULTS = 0x1, 0x2, 0x8
_QUIT, _QUERY = 1, 3


class FakeMySQL(Fault):
    """One server, for as long as its block runs.

    Attributes:
        context: For TLS; None: it offers none.
        password: What must be given.
        refusal: Number of the error with which every login ends.
        errors: Number of the error with which a query ends, by its text.
        warnings: How many each query has.
        held: Texts of queries, "greeting" and "login" that get no answer until `release`,
            and "refused" to let go only then.
        holding: Those that wait for it.
        logins: Who logged in: user, database, charset and program_name.
        asked: The text of every query that arrived.
        goodbyes: How many sessions were ended in order.
        connections: How many were accepted.
        open: Those that are.
        transactions: How many are open in all sessions.
    """

    def __init__(self) -> None:
        self.context: ssl.SSLContext | None = None
        self.password = ""
        self.refusal: int | None = None
        self.errors: dict[str, int] = {}
        self.warnings = 0
        self.held: set[str] = set()
        self.holding: set[str] = set()
        self.logins: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.goodbyes = self.connections = self.transactions = 0
        self.open: set[Connection] = set()
        self._released = asyncio.Event()
        self._news = asyncio.Condition()
        self._proxy = FaultProxy(fault=self)

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self._proxy.host, str(self._proxy.port))

    @property
    def address(self) -> dict[str, Any]:
        """Host and port, as aiomysql takes them."""
        return {"host": self._proxy.host, "port": self._proxy.port}

    async def __aenter__(self) -> Self:
        await self._proxy.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()
        await self._proxy.__aexit__(None, None, None)

    def refuse(self) -> None:
        """Listen no longer."""
        self._proxy.behave(Refuse())

    def hang_up(self) -> None:
        """Reset all connections."""
        for connection in self.open:
            connection.reset()

    def release(self) -> None:
        """Answer what is held, and hold nothing any more."""
        self.held.clear()
        self._released.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that comes with a message, a connection or its end."""
        async with asyncio.timeout(BOUND), self._news:
            await self._news.wait_for(condition)

    async def tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def hold(self, what: str) -> None:
        """Wait for as long as *what* is held."""
        await self.tell()
        if what in self.held:
            self.holding.add(what)
            await self.tell()
            await self._released.wait()

    async def serve(self, connection: Connection) -> None:
        self.connections += 1
        self.open.add(connection)
        session = Session(self, connection)
        try:
            await session.run()
        finally:
            self.open.discard(connection)
            self.transactions -= session.in_transaction
            await self.tell()


class Session:
    """One connection to a `FakeMySQL`."""

    def __init__(self, server: FakeMySQL, connection: Connection) -> None:
        self.server = server
        self.connection = connection
        self.autocommit = True
        self.in_transaction = False

    async def run(self) -> None:
        self.client: Stream = await self.connection.client()
        await self.server.hold("greeting")
        if not await self._log_in():
            return
        while (message := await self._message()) and await self._answer(message):
            await self.server.tell()

    async def _log_in(self) -> bool:
        """Whether the client is let in."""
        self.number = 0
        await self._send(self._greeting())
        message = await self._message()
        if struct.unpack_from("<I", message or bytes(4))[0] & _CLIENT_SSL and len(message) == 32:
            assert self.server.context is not None
            await self.connection.start_tls(self.server.context)
            self.client = await self.connection.client()
            message = await self._message()
        if not message:
            return False
        given = self._understand(message)
        await self.server.hold("login")
        right = given == scrambled(self.server.password)
        refusal = self.server.refusal or (None if right else 1045)
        if refusal is None:
            await self._send(self._ok())
        else:
            await self._fail(refusal)
            await self.server.hold("refused")
        return refusal is None

    def _greeting(self) -> bytes:
        capabilities = _CAPABILITIES | (_CLIENT_SSL if self.server.context else 0)
        low, high = capabilities & 0xFFFF, capabilities >> 16
        return b"".join(
            (
                b"\x0a8.0.0-fake\0",
                struct.pack("<I8sx", self.server.connections, SALT[:8]),
                struct.pack("<HBHHB10x", low, 45, self._status(), high, len(SALT) + 1),
                SALT[8:] + b"\0mysql_native_password\0",
            )
        )

    def _understand(self, message: bytes) -> bytes:
        """What was given as the password."""
        flags, charset = struct.unpack_from("<I4xB", message)
        user, _, rest = message[32:].partition(b"\0")
        size = rest[0]
        given, rest = rest[1 : size + 1], rest[size + 1 :]
        database = b""
        if flags & _CONNECT_WITH_DB:
            database, _, rest = rest.partition(b"\0")
        _, _, attributes = rest.partition(b"\0")
        _, _, program = attributes.partition(b"\x0cprogram_name")
        self.server.logins.append(
            {
                "user": user.decode(),
                "database": database.decode(),
                "charset": charset,
                "program_name": program[1:].decode(),
            }
        )
        return given

    async def _answer(self, message: bytes) -> bool:
        """Answer one command; whether the session goes on."""
        if message[0] == _QUIT:
            self.server.goodbyes += 1
            return False
        assert message[0] == _QUERY
        text = message[1:].decode()
        self.server.asked.append(text)
        await self.server.hold(text)
        statements = text.split("; ")
        for position, statement in enumerate(statements):
            if statement in self.server.errors:
                await self._fail(self.server.errors[statement])
                break
            more = _MORE_RESULTS if position + 1 < len(statements) else 0
            self._take_effect(statement)
            await (
                self._rows(more) if statement.startswith("SELECT") else self._send(self._ok(more))
            )
        return True

    def _take_effect(self, statement: str) -> None:
        if statement.startswith("SET AUTOCOMMIT"):
            self.autocommit = statement.endswith("1")
        before = self.in_transaction
        if " FROM " in statement and not self.autocommit:
            self.in_transaction = True
        elif statement in {"BEGIN", "ROLLBACK"}:
            self.in_transaction = statement == "BEGIN"
        self.server.transactions += self.in_transaction - before

    async def _rows(self, more: int) -> None:
        """One row with one column."""
        column = b"\x03def\0\0\0\x011\0\x0c" + struct.pack("<HIBHB2x", 63, 1, 8, 0, 0)
        end = b"\xfe" + struct.pack("<HH", self.server.warnings, self._status() | more)
        for packet in (b"\x01", column, end, b"\x011", end):
            await self._send(packet)

    def _ok(self, more: int = 0) -> bytes:
        return struct.pack("<xxxHH", self._status() | more, self.server.warnings)

    def _status(self) -> int:
        autocommit = _AUTOCOMMIT if self.autocommit else 0
        return autocommit | (_IN_TRANSACTION if self.in_transaction else 0)

    async def _fail(self, number: int) -> None:
        await self._send(b"\xff" + struct.pack("<H", number) + b"#HY000no")

    async def _message(self) -> bytes:
        """What comes next; empty at the end."""
        header = await self.client.peek(4)
        if len(header) < 4:
            return b""
        size, self.number = header[0] | header[1] << 8 | header[2] << 16, header[3] + 1
        packet = await self.client.peek(size + 4)
        self.client.take(size + 4)
        return packet[4 : size + 4]

    async def _send(self, body: bytes) -> None:
        header = struct.pack("<I", len(body))[:3] + bytes([self.number % 256])
        self.number += 1
        await self.client.send(header + body)


def scrambled(password: str) -> bytes:
    """What a client sends that knows *password*."""
    if not password:
        return b""
    once = hashlib.sha1(password.encode()).digest()
    mask = hashlib.sha1(SALT + hashlib.sha1(once).digest()).digest()
    return bytes(left ^ right for left, right in zip(once, mask, strict=True))


@pytest.fixture
async def server() -> AsyncIterator[FakeMySQL]:
    async with FakeMySQL() as server:
        yield server


Check = Callable[..., Coroutine[Any, Any, str]]


@pytest.fixture
def check(server: FakeMySQL) -> Check:
    """Check the server, or another endpoint, with these options; gives the detail."""

    async def check(endpoint: Endpoint | None = None, timeout: float = 2.0, **options: Any) -> str:
        login = {} if "pool" in options else {"username": "app"}
        checker = MySQLChecker(**{**login, **options})
        result = await check_once(checker, endpoint or server.endpoint, timeout)
        assert result.outcome is not None
        assert result.expected, result.reason
        return result.outcome.detail

    return check


MakePool = Callable[..., Coroutine[Any, Any, Any]]


@pytest.fixture
async def make_pool(server: FakeMySQL) -> AsyncIterator[MakePool]:
    """Make pools of at most two connections, none made yet, that end with the test."""
    pools: list[Any] = []

    async def make(**options: Any) -> Any:
        usual = {**server.address, "user": "pool", "minsize": 0, "maxsize": 2, "autocommit": True}
        pools.append(await aiomysql.create_pool(**{**usual, **options}))
        return pools[-1]

    yield make
    for pool in pools:
        pool.terminate()
        await asyncio.wait_for(pool.wait_closed(), BOUND)
