"""Faults that the fault proxy does not have by itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum, auto

from dephealth_testing import Connection, Fault

_CLIENT_HELLO = b"\x16\x03"
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
            while (said := await client.peek()) and not said.startswith(_CLIENT_HELLO):
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
