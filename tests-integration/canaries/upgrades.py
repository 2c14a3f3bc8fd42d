"""Servers that begin TLS when they are asked to, and only then fail."""

from __future__ import annotations

from dataclasses import dataclass

from dephealth_testing import Connection, Fault

MYSQL_GREETING = b"".join(
    (
        b"\x0a8.0.0\0\1\0\0\0",
        b"a" * 8,  # what is to be hashed with the password
        b"\0\xff\xff\x21\2\0\x08\0\x15",
        bytes(10),
        b"b" * 12,
        b"\0mysql_native_password\0",
    )
)


@dataclass(frozen=True)
class Upgrade(Fault):
    """Do what *then* says once the client has asked for TLS.

    Args:
        greeting: Said first.
        request: How long the client's wish is.
        answer: Said to it.
    """

    then: Fault
    greeting: bytes = b""
    request: int = 0
    answer: bytes = b""

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        await client.send(self.greeting)
        await client.peek(self.request)
        client.take(self.request)
        await client.send(self.answer)
        await self.then.serve(connection)


def before_tls(type: str, fault: Fault) -> Fault:
    """*fault* where TLS begins in the protocol of *type*."""
    match type:
        case "postgres":
            return Upgrade(fault, request=8, answer=b"S")
        case "mysql":
            greeting = len(MYSQL_GREETING).to_bytes(3, "little") + b"\0" + MYSQL_GREETING
            return Upgrade(fault, greeting, request=4 + 32)
    return fault
