"""Kafka brokers that answer what a test tells them to, and remember what they were asked."""

from __future__ import annotations

import asyncio
import struct
from typing import Self

import pytest

from dephealth import Endpoint

_METADATA, _SASL_HANDSHAKE, _API_VERSIONS = 3, 17, 18
_UNSUPPORTED_VERSION = 35


class FakeBroker:
    """A broker that knows two requests: which there are, and metadata.

    Args:
        brokers: How many it names in its metadata, all of them elsewhere.
        metadata: What it answers instead, behind the correlation id.
        size: What it says that the length of this answer is.
        silent: It answers no request for metadata.
        hangs_up: It closes the connection instead.
        login: The code with which it answers who begins a login; None to close there too.
        host: Where to listen.
    """

    port: int

    def __init__(
        self,
        *,
        brokers: int = 1,
        metadata: bytes | None = None,
        size: int | None = None,
        silent: bool = False,
        hangs_up: bool = False,
        login: int | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.host = host
        self.connections = 0
        self.asked: list[bytes] = []
        """The bodies of the requests for metadata."""
        self._metadata = _naming(brokers) if metadata is None else metadata
        self._size = size
        self._silent = silent
        self._hangs_up = hangs_up
        self._login = login
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.host, str(self.port))

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.host, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for serving in self._serving:
            serving.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the client has left
        finally:
            self._serving.discard(task)
            writer.transport.abort() if self._silent else writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False to hang up."""
        (length,) = struct.unpack(">i", await reader.readexactly(4))
        request = await reader.readexactly(length)
        api, version, correlation, client = struct.unpack_from(">hhih", request)
        if api == _API_VERSIONS and version:
            _send(writer, correlation, struct.pack(">hi", _UNSUPPORTED_VERSION, 0))
        elif api == _API_VERSIONS:
            known = struct.pack(">hhhhhh", _METADATA, 0, 1, _API_VERSIONS, 0, 0)
            _send(writer, correlation, struct.pack(">hi", 0, 2) + known)
        elif api == _SASL_HANDSHAKE:
            if self._login is None:
                return False
            _send(writer, correlation, struct.pack(">hi", self._login, 0))
        else:
            assert (api, version) == (_METADATA, 1)
            self.asked.append(request[10 + max(0, client) :])
            if self._hangs_up:
                return False
            if not self._silent:
                _send(writer, correlation, self._metadata, self._size)
        return True


def _send(
    writer: asyncio.StreamWriter, correlation: int, body: bytes, size: int | None = None
) -> None:
    length = len(body) + 4 if size is None else size
    writer.write(struct.pack(">ii", length, correlation) + body)


def _naming(brokers: int) -> bytes:
    """Metadata, version 1: brokers, the controller, no topics."""
    host = b"elsewhere.invalid"
    each = [
        struct.pack(">ih", number, len(host)) + host + struct.pack(">ih", 9092, -1)
        for number in range(1, brokers + 1)
    ]
    return struct.pack(">i", brokers) + b"".join(each) + struct.pack(">ii", 1, 0)


@pytest.fixture
def broker() -> type[FakeBroker]:
    """Brokers to be made, and entered with ``async with``."""
    return FakeBroker
