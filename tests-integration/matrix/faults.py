"""Faults that the fault proxy does not have by itself."""

from __future__ import annotations

import asyncio
import re
import struct
from dataclasses import dataclass
from enum import Enum, auto

from dephealth_testing import Connection, Fault, Stream

_CLIENT_HELLO = re.compile(rb"\x16\x03[\x01-\x03]..\x01", re.DOTALL)
"""A record of the handshake that begins with a ClientHello (RFC 8446, 5.1)."""
_HALF_A_SERVER_HELLO = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"


class End(Enum):
    """How the handshake ends."""

    SILENCE = auto()
    CLOSE = auto()
    RESET = auto()


@dataclass(frozen=True)
class InHandshake(Fault):
    """Pass on what comes before TLS; answer the client's hello with *data*, and go no further.

    So it meets protocols in which TLS begins on request as well.
    """

    end: End
    data: bytes = _HALF_A_SERVER_HELLO

    async def serve(self, connection: Connection) -> None:
        client, upstream = await connection.client(), await connection.upstream()
        assert upstream is not None
        answering = asyncio.create_task(upstream.copy_to(client))
        try:
            while (said := await client.peek()) and not _CLIENT_HELLO.search(said):
                client.take(len(said))
                await upstream.send(said)
        finally:
            answering.cancel()
            await asyncio.wait([answering])
        await client.send(self.data)
        if self.end is End.RESET:
            connection.reset()
        elif self.end is End.SILENCE:
            await connection.ended()


@dataclass(frozen=True)
class LdapResult(Fault):
    """Pass everything on, but have the server answer with another result code."""

    code: int

    async def serve(self, connection: Connection) -> None:
        client, upstream = await connection.client(), await connection.upstream()
        assert upstream is not None
        answering = asyncio.create_task(self._answer(upstream, client))
        try:
            await client.copy_to(upstream)
        finally:
            answering.cancel()
            await asyncio.wait([answering])

    async def _answer(self, upstream: Stream, client: Stream) -> None:
        while said := await upstream.peek():
            upstream.take(len(said))
            # resultCode, an ENUMERATED, in the LDAPResult (RFC 4511, 4.1.9)
            await client.send(said.replace(b"\x0a\x01\x00", bytes([0x0A, 1, self.code])))


_API_VERSIONS, _METADATA = 18, 3
_UNSUPPORTED_VERSION = 35


@dataclass(frozen=True)
class NamelessBroker(Fault):
    """A Kafka broker that knows two requests, and names no brokers."""

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        while len(head := await client.peek(4)) >= 4:
            (length,) = struct.unpack(">i", head[:4])
            request = (await client.peek(4 + length))[4 : 4 + length]
            client.take(4 + length)
            api, version, correlation = struct.unpack_from(">hhi", request)
            if api == _METADATA:
                body = struct.pack(">ii", 0, 0)
            elif version:
                body = struct.pack(">hi", _UNSUPPORTED_VERSION, 0)
            else:
                known = [number for key in (_METADATA, _API_VERSIONS) for number in (key, 0, 0)]
                body = struct.pack(">hi6h", 0, 2, *known)
            answer = struct.pack(">i", correlation) + body
            await client.send(struct.pack(">i", len(answer)) + answer)
