"""Servers that say more than a server has to say, or nothing that makes sense."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dephealth import Endpoint
from dephealth_postgres import PostgresChecker
from dephealth_testing import Certificates, Connection, Fault, Tls, assert_nothing_left

if TYPE_CHECKING:
    from conftest import Check
    from dephealth_testing import FaultProxyFactory


def message(kind: bytes, body: bytes, size: int | None = None) -> bytes:
    return kind + struct.pack("!I", len(body) + 4 if size is None else size) + body


LOGGED_IN = message(b"R", bytes(4))


@dataclass(frozen=True)
class Say(Fault):
    """Say *begin* to who begins, then *again* and again; that there is no TLS before."""

    begin: bytes
    again: bytes = b""

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        if not connection.secure:
            await client.peek(8)
            client.take(8)
            await client.send(b"N")
        await client.peek(8)
        await client.send(self.begin)
        while self.again:
            await client.send(self.again * 100)
        await connection.ended()


@dataclass(frozen=True)
class Agrees(Tls):
    """Speaks TLS when asked whether it does."""

    async def serve(self, connection: Connection) -> None:
        if not connection.secure:
            client = await connection.client()
            await client.peek(8)
            client.take(8)
            await client.send(b"S")
        await super().serve(connection)


ENDLESS = [
    Say(message(b"R", b"", 0x7FFFFFFF), bytes(1000)),
    Say(LOGGED_IN, message(b"S", b"a\0" + b"b" * 1000 + b"\0")),
    Say(
        LOGGED_IN + message(b"S", b"server_version\0" + b"15.0\0") + message(b"Z", b"I"),
        message(b"N", b"M" + b"m" * 1000 + bytes(2)),
    ),
]


@pytest.mark.parametrize("fault", ENDLESS)
async def test_endless_answer(check: Check, fault_proxy: FaultProxyFactory, fault: Fault) -> None:
    """Of an answer that never ends, little is taken in."""
    proxy = fault_proxy(fault=fault)
    async with assert_nothing_left():
        assert await check(Endpoint(proxy.host, str(proxy.port))) == "error"


async def test_endless_answer_in_tls(
    check: Check, fault_proxy: FaultProxyFactory, certificates: Certificates
) -> None:
    """Nor is it inside of TLS."""
    context = certificates.server_context(certificates.good)
    proxy = fault_proxy(fault=Agrees(context, ENDLESS[0]))
    found = await check(
        Endpoint(proxy.host, str(proxy.port)), tls_ca_file=str(certificates.authority)
    )
    assert found == "error"


@pytest.mark.parametrize(
    "answer",
    [
        LOGGED_IN + message(b"Z", b"I"),
        message(b"R", b""),
        message(b"R", b"", 0),
    ],
)
async def test_answer_without_sense(
    check: Check, fault_proxy: FaultProxyFactory, answer: bytes
) -> None:
    """What asyncpg stumbles over is an error that is known."""
    proxy = fault_proxy(fault=Say(answer))
    assert await check(Endpoint(proxy.host, str(proxy.port))) == "error"


async def test_limit_is_told(fault_proxy: FaultProxyFactory) -> None:
    """The reason names how much was too much."""
    proxy = fault_proxy(fault=ENDLESS[0])
    with pytest.raises(Exception, match="the answer is longer than 131072 bytes"):
        await PostgresChecker(username="app").check(Endpoint(proxy.host, str(proxy.port)))
