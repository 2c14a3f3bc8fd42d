"""The faults of a server that speaks TLS."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ._fault import Fault
from ._relay import Forward

if TYPE_CHECKING:
    import ssl

    from ._connection import Connection

_HALF_A_SERVER_HELLO = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"


@dataclass(frozen=True)
class Tls(Fault):
    """Speak TLS with the client, then do what *then* says inside of it.

    What is wrong with the server's certificate is the context's:
    `Tls(certificates.server_context(certificates.expired))`. The upstream is
    spoken to without TLS. A connection that has TLS already keeps it as it is.
    """

    context: ssl.SSLContext
    then: Fault = field(default_factory=Forward)

    async def serve(self, connection: Connection) -> None:
        await connection.start_tls(self.context)
        await self.then.serve(connection)


@dataclass(frozen=True)
class HandshakeCut(Fault):
    """Begin to answer the client's hello, then end within the handshake.

    Args:
        reset: End with a reset rather than in order.
    """

    reset: bool = False

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        await client.peek()
        await client.send(_HALF_A_SERVER_HELLO)
        if self.reset:
            connection.reset()
