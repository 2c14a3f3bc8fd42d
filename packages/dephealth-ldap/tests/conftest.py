"""A directory that says what it is told to."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Self

import ldap3
import pytest
from ldap3.protocol import rfc4511
from ldap3.utils.asn1 import decoder, encode

from dephealth import Endpoint, SingleCheck, check_once
from dephealth_ldap import LdapChecker

BOUND = 10.0
"""Seconds until a test that waits for an event has failed."""

LAST = {
    "bindRequest": ("bindResponse", rfc4511.BindResponse),
    "searchRequest": ("searchResDone", rfc4511.SearchResultDone),
    "extendedReq": ("extendedResp", rfc4511.ExtendedResponse),
}
"""The operation that ends the answer to a request."""


class FakeDirectory:
    """A server in threads of its own, for blocking clients too; a path is a unix socket.

    Attributes:
        codes: The result code for a kind of request, 0 if not here.
        replies: What a kind of request is answered instead, made of its number.
        hangs_up: Whether the connection ends after each answer.
        held: Kinds of requests that get no answer until `release` is called.
        asked: Every request that arrived, by kind, with what it says.
        entries: How many entries a search finds.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.codes: dict[str, int] = {}
        self.replies: dict[str, Callable[[int], bytes]] = {}
        self.held: set[str] = set()
        self.asked: list[tuple[str, Any]] = []
        self.entries = 1
        self.connections = 0
        self.hangs_up = False
        self.open: set[socket.socket] = set()
        self._news = threading.Condition()

    @staticmethod
    def answer(number: int, name: str, operation: Any) -> bytes:
        """A message of a server, as ldap3 encodes it."""
        message = rfc4511.LDAPMessage()
        message["messageID"] = rfc4511.MessageID(number)
        message["protocolOp"] = rfc4511.ProtocolOp().setComponentByName(name, operation)
        encoded: bytes = encode(message)
        return encoded

    @staticmethod
    def result(number: int, request: str, code: int, text: str = "") -> bytes:
        """The message that answers a request with a result code."""
        name, kind = LAST[request]
        operation = kind()
        operation["resultCode"] = rfc4511.ResultCode(code)
        operation["matchedDN"] = rfc4511.LDAPDN("")
        operation["diagnosticMessage"] = rfc4511.LDAPString(text)
        return FakeDirectory.answer(number, name, operation)

    @staticmethod
    def entry(number: int, dn: str, value: str = "x") -> bytes:
        """The message that brings one entry."""
        attribute = rfc4511.PartialAttribute()
        attribute["type"] = rfc4511.AttributeDescription("cn")
        attribute["vals"] = rfc4511.Vals().setComponentByPosition(0, rfc4511.AttributeValue(value))
        operation = rfc4511.SearchResultEntry()
        operation["object"] = rfc4511.LDAPDN(dn)
        operation["attributes"] = rfc4511.PartialAttributeList().setComponentByPosition(
            0, attribute
        )
        return FakeDirectory.answer(number, "searchResEntry", operation)

    @staticmethod
    def disconnection(code: int) -> bytes:
        """The message with which a server leaves."""
        operation = rfc4511.ExtendedResponse()
        operation["resultCode"] = rfc4511.ResultCode(code)
        operation["matchedDN"] = rfc4511.LDAPDN("")
        operation["diagnosticMessage"] = rfc4511.LDAPString("")
        operation["responseName"] = rfc4511.ResponseName("1.3.6.1.4.1.1466.20036")
        return FakeDirectory.answer(0, "extendedResp", operation)

    @property
    def kinds(self) -> list[str]:
        """The kinds of the requests that arrived."""
        return [kind for kind, _ in self.asked]

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.host, str(self.port))

    def __enter__(self) -> Self:
        if self._path is None:
            self._server = _Server(("127.0.0.1", 0), _Connection)
            self.host, self.port = "127.0.0.1", self._server.server_address[1]
        else:
            place: Any = str(self._path)
            self._server = _UnixServer(place, _Connection)
            self.host, self.port = place, 0
        self._server.directory = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self.release()
        self.hang_up()
        self._server.server_close()
        self._thread.join(BOUND)

    def hang_up(self) -> None:
        """End all connections, and return when they have ended."""
        for connection in set(self.open):
            with contextlib.suppress(OSError):  # ended meanwhile
                connection.shutdown(socket.SHUT_RDWR)
        self.until(lambda: not self.open)

    def release(self) -> None:
        """Answer what is held, and hold nothing any more."""
        with self._news:
            self.held.clear()
            self._news.notify_all()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that comes with a request."""
        with self._news:
            assert self._news.wait_for(condition, BOUND)

    def until_asked(self, kind: str, times: int = 1) -> None:
        self.until(lambda: self.kinds.count(kind) >= times)

    def note(self, kind: str, operation: Any) -> None:
        with self._news:
            self.asked.append((kind, operation))
            self._news.notify_all()
            assert self._news.wait_for(lambda: kind not in self.held, 2 * BOUND)

    def ended(self, connection: socket.socket) -> None:
        with self._news:
            self.open.discard(connection)
            self._news.notify_all()

    def reply(self, number: int, kind: str, operation: Any) -> bytes:
        if kind in self.replies:
            return self.replies[kind](number)
        found = b""
        if kind == "searchRequest" and not self.codes.get(kind):
            base = str(operation["baseObject"])
            found = self.entry(number, base) * self.entries
        return found + self.result(number, kind, self.codes.get(kind, 0))


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False
    directory: FakeDirectory

    def process_request(self, request: Any, client_address: Any) -> None:
        self.directory.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.directory.ended(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is no failure of ours."""


class _UnixServer(_Server):
    address_family = socket.AF_UNIX


class _Connection(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        directory = self.server.directory
        directory.connections += 1
        try:
            while (message := self._message()) is not None:
                number = int(message["messageID"])
                kind = message["protocolOp"].getName()
                directory.note(kind, message["protocolOp"].getComponent())
                if kind == "unbindRequest":
                    return
                self.wfile.write(
                    directory.reply(number, kind, message["protocolOp"].getComponent())
                )
                if directory.hangs_up:
                    return
        except OSError:
            return

    def _message(self) -> Any:
        head = self.rfile.read(2)
        if len(head) < 2:
            return None
        assert head[0] == 0x30
        size = head[1]
        if size > 0x7F:
            more = self.rfile.read(size & 0x7F)
            head, size = head + more, int.from_bytes(more, "big")
        return decoder.decode(head + self.rfile.read(size), asn1Spec=rfc4511.LDAPMessage())[0]


@pytest.fixture
def directory() -> Iterator[FakeDirectory]:
    with FakeDirectory() as directory:
        yield directory


@pytest.fixture
def unix_directory(tmp_path: Path) -> Iterator[FakeDirectory]:
    with FakeDirectory(tmp_path / "ldapi") as directory:
        yield directory


Check = Callable[..., Awaitable[str]]


def detail(check: SingleCheck) -> str:
    """What a check came to; somebody must know what it means."""
    assert check.outcome is not None
    assert check.expected, check
    return check.outcome.detail


@pytest.fixture
def check(directory: FakeDirectory) -> Check:
    """Check the directory with these options of the checker."""

    async def check(timeout: float = 5.0, **options: Any) -> str:
        return detail(await check_once(LdapChecker(**options), directory.endpoint, timeout))

    return check


MakeClient = Callable[..., Any]


@pytest.fixture
def make_client(directory: FakeDirectory) -> Iterator[MakeClient]:
    """Make clients of the directory, or of what stands before it, as an application would."""
    clients = []

    def make(
        port: int | None = None,
        *,
        host: str = directory.host,
        tls: Any = None,
        ssl: bool = False,
        **options: Any,
    ) -> Any:
        port = port or directory.port
        server = ldap3.Server(host, port, ssl, get_info=ldap3.NONE, tls=tls)
        client = ldap3.Connection(
            server, **{"auto_bind": True, "receive_timeout": int(BOUND), **options}
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        if client.socket is not None:
            client.socket.close()
