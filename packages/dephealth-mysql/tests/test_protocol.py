"""Servers that begin like MySQL, and go on like nothing."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dephealth import Endpoint
from dephealth_testing import Connection, Fault, assert_nothing_left

if TYPE_CHECKING:
    from conftest import Check, MakePool
    from dephealth_testing import FaultProxyFactory

GREETING = (
    b"\x0a5.7.1\0\x07\0\0\0abcdefgh\0\xff\xf7\x2d\x02\0\xff\x81\x15"
    + bytes(10)
    + b"ijklmnopqrst\0mysql_native_password\0"
)
OK = b"\0\0\0\2\0\0\0"
COLUMN = b"\x03def\0\0\0\x011\0\x0c" + struct.pack("<HIBHB2x", 63, 1, 8, 0, 0)

ROW = b"\xfd\0\0\1" + bytes(1 << 16)


@dataclass(frozen=True)
class Say(Fault):
    """Say one packet at once, and one after each that comes; then end."""

    packets: tuple[bytes, ...]

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        number = 0
        for position, packet in enumerate(self.packets):
            if position in {1, 2}:
                header = await client.peek(4)
                if not header:
                    return
                size, number = header[0] | header[1] << 8, header[3] + 1
                await client.peek(size + 4)
                client.take(size + 4)
            await client.send(struct.pack("<I", len(packet))[:3] + bytes([number]) + packet)
            number += 1


@pytest.mark.parametrize(
    "packets",
    [
        (b"",),
        (b"\x0a",),
        (b"\x0a5.7.1\0\7\0\0\0",),
        (b"\x0a5.7.1\0\7\0\0\0abcdefgh\0\0\0",),
        (GREETING.replace(b"5.7.1", b"hello"), OK),
        (GREETING.replace(b"native", b"n\xe4tive"), OK),
        (b"\xff\x15",),
        (GREETING, b""),
        (GREETING, b"\xff\x15"),
        (GREETING, b"\1\3"),
        (GREETING, b"\xfesome_plugin\0"),
        (GREETING, OK, b""),
        (GREETING, OK, b"\1", COLUMN, b"\1"),
        (GREETING, OK, b"\1", b"\xff\xff"),
        (b"\x0a" + b"8" * (1 << 21),),
        (GREETING, OK, b"\1", COLUMN, b"\xfe\0\0\2\0", *[ROW] * 20),
    ],
)
async def test_no_mysql(
    check: Check, fault_proxy: FaultProxyFactory, packets: tuple[bytes, ...]
) -> None:
    """What is no MySQL is an error that is known, at whatever point it shows."""
    proxy = fault_proxy(fault=Say(packets))
    async with assert_nothing_left():
        assert await check(Endpoint(proxy.host, str(proxy.port)), password="x") == "error"


async def test_no_mysql_on_the_pool(
    check: Check, make_pool: MakePool, fault_proxy: FaultProxyFactory
) -> None:
    """A connection of the pool on which nonsense came does not go back to it."""
    proxy = fault_proxy(fault=Say((GREETING, OK, b"\1", b"\xff\xff")))
    pool = await make_pool(host=proxy.host, port=proxy.port, autocommit=None)
    assert await check(Endpoint(proxy.host, str(proxy.port)), pool=pool) == "error"
    assert pool.size == 0
