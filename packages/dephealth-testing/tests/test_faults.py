"""Each fault, seen by a bare client."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from dephealth_testing import (
    Close,
    Cut,
    Delay,
    Drip,
    Fault,
    FaultProxy,
    Forward,
    Garbage,
    Refuse,
    Reset,
    Silent,
    assert_nothing_left,
)

if TYPE_CHECKING:
    from conftest import Dial, Serve
    from dephealth_testing import FaultProxyFactory

Address = tuple[str, int]

MUCH = 20 << 20
TOO_MUCH = 100 << 20
"""Bytes; the buffers of the sockets on the way hold some millions."""


async def test_forward_brings_the_answer(upstream: Address, dial: Dial) -> None:
    """What the upstream answers arrives unchanged."""
    async with FaultProxy(upstream) as proxy:
        client = await dial(proxy)

        assert await client.ask(b"a") == b"answer to a\n"


async def test_forward_ends_with_the_upstream(two_pieces: Address, dial: Dial) -> None:
    """When the upstream hangs up, the client gets the whole answer before the end."""
    async with FaultProxy(two_pieces) as proxy:
        client = await dial(proxy)
        client.writer.write(b"\n")

        assert await client.receive_all() == b"one two"


async def test_forward_to_nobody_resets(dial: Dial) -> None:
    """An upstream that cannot be reached is a reset for the client."""
    async with (
        FaultProxy(fault=Refuse()) as closed,
        FaultProxy(("127.0.0.1", closed.port)) as proxy,
    ):
        with pytest.raises(ConnectionResetError):
            await (await dial(proxy)).receive()


async def test_forward_passes_a_reset_on(dial: Dial) -> None:
    """An upstream that resets its connection resets the client's."""
    async with FaultProxy(fault=Reset()) as broken, FaultProxy(("127.0.0.1", broken.port)) as proxy:
        with pytest.raises(ConnectionResetError):
            await (await dial(proxy)).receive()


async def test_forward_alone_says_nothing(dial: Dial) -> None:
    """Without an upstream a healthy proxy accepts in silence."""
    async with FaultProxy() as proxy:
        client = await dial(proxy)
        with pytest.raises(TimeoutError):
            await client.receive(0.1)


async def test_forward_holds_a_fast_upstream_back(serve: Serve, dial: Dial) -> None:
    """An endless answer that nobody reads does not fill the memory."""
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while True:
            writer.write(bytes(1 << 16))
            sent += 1 << 16
            await writer.drain()

    async with FaultProxy(await serve(flood)) as proxy:
        await dial(proxy)
        before = -1
        while before < sent < TOO_MUCH:
            before = sent
            await asyncio.sleep(0.1)

    assert sent < TOO_MUCH


async def test_forward_brings_much(serve: Serve, dial: Dial) -> None:
    """An answer larger than what is held on the way arrives whole at a slow reader."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(bytes(MUCH))
        await writer.drain()

    async with FaultProxy(await serve(answer)) as proxy:
        client = await dial(proxy)
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(0.05)
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]

        assert len(await client.receive_all()) == MUCH


async def test_refuse_refuses(dial: Dial) -> None:
    """A connect is refused, as where no one listens."""
    async with FaultProxy(fault=Refuse()) as proxy:
        with pytest.raises(ConnectionRefusedError):
            await dial(proxy)

    assert proxy.connections == 0


async def test_refuse_keeps_the_port() -> None:
    """While it refuses, nobody else can take the port."""
    async with FaultProxy() as proxy:
        proxy.behave(Refuse())
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((proxy.host, proxy.port))


async def test_refuse_ends(upstream: Address, dial: Dial) -> None:
    """After refusing, the proxy comes back on the same port."""
    async with FaultProxy(upstream) as proxy:
        for _ in range(3):
            proxy.behave(Refuse())
            with pytest.raises(ConnectionRefusedError):
                await dial(proxy)
            proxy.behave(Forward())
            assert await (await dial(proxy)).ask(b"a") == b"answer to a\n"


async def test_refuse_resets_what_is_open(upstream: Address, dial: Dial) -> None:
    """A server that is gone takes its open connections with it."""
    async with FaultProxy(upstream) as proxy:
        client = await dial(proxy)
        await client.ask(b"a")
        proxy.behave(Refuse())
        with pytest.raises(ConnectionResetError):
            await client.receive()


async def test_silent_never_answers(upstream: Address, dial: Dial) -> None:
    """The connect succeeds but no byte comes."""
    async with FaultProxy(upstream, Silent()) as proxy:
        client = await dial(proxy)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.ask(b"a"), 0.1)


async def test_drip_of_an_answer(upstream: Address, dial: Dial) -> None:
    """The upstream's answer comes one byte at a time."""
    async with FaultProxy(upstream, Drip(interval=0.05)) as proxy:
        client = await dial(proxy)
        asked = asyncio.get_running_loop().time()
        received = [await client.ask(b"a"), await client.receive(), await client.receive()]

        assert received == [b"a", b"n", b"s"]
        assert asyncio.get_running_loop().time() - asked >= 0.09


async def test_drip_alone(dial: Dial) -> None:
    """Without an upstream, bytes of no protocol come one at a time."""
    async with FaultProxy(fault=Drip(interval=0.01)) as proxy:
        client = await dial(proxy)

        assert [await client.receive() for _ in range(3)] == [b"\xff", b"\xfe", b"t"]


async def test_reset_resets(dial: Dial) -> None:
    """A connection is reset as soon as it is there."""
    async with FaultProxy(fault=Reset()) as proxy:
        with pytest.raises(ConnectionResetError):  # by the connect itself, if it was quick
            await (await dial(proxy)).receive()


async def test_close_ends_in_order(dial: Dial) -> None:
    """The client that has said something still sees an end, no reset."""
    async with FaultProxy(fault=Close()) as proxy:
        client = await dial(proxy)

        assert await client.ask(b"a") == b""


def test_close_goes_on_reading(fault_proxy: FaultProxyFactory) -> None:
    """A client that talks on after the end is not reset for it."""
    proxy = fault_proxy(fault=Close())
    with socket.create_connection((proxy.host, proxy.port), 10) as client:
        assert client.recv(1) == b""
        for _ in range(3):
            client.sendall(b"a")


async def test_close_ends_the_upstream_too(serve: Serve, dial: Dial) -> None:
    """The upstream's connection ends at once, though the client's stays."""
    ended = asyncio.Event()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        await reader.read()
        ended.set()

    async with FaultProxy(await serve(wait)) as proxy:
        client = await dial(proxy)
        assert await client.receive() == b"hello"
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        proxy.behave(Close())
        await asyncio.wait_for(ended.wait(), 10)


@pytest.mark.parametrize("after", [0, 6, len(b"answer to a\n")])
async def test_cut_ends_the_answer(upstream: Address, dial: Dial, after: int) -> None:
    """So many bytes of the answer come before the end."""
    async with FaultProxy(upstream, Cut(after)) as proxy:
        client = await dial(proxy)
        client.writer.write(b"a\n")

        assert await client.receive_all() == b"answer to a\n"[:after]


async def test_cut_waits_for_the_answer(upstream: Address, dial: Dial) -> None:
    """A cut before the first byte comes when there would be one, not sooner."""
    async with FaultProxy(upstream, Cut(0)) as proxy:
        client = await dial(proxy)
        with pytest.raises(TimeoutError):
            await client.receive(0.1)
        assert await client.ask(b"a") == b""


async def test_cut_with_a_reset(upstream: Address, dial: Dial) -> None:
    """The bytes before the cut arrive, then a reset."""
    async with FaultProxy(upstream, Cut(6, reset=True)) as proxy:
        client = await dial(proxy)
        client.writer.write(b"a\n")

        assert await asyncio.wait_for(client.reader.readexactly(6), 10) == b"answer"
        with pytest.raises(ConnectionResetError):
            await client.receive()


async def test_cut_alone(dial: Dial) -> None:
    """Without an upstream, so many bytes of no protocol come before the end."""
    async with FaultProxy(fault=Cut(50)) as proxy:
        assert len(await (await dial(proxy)).receive_all()) == 50


async def test_delay_is_latency(two_pieces: Address, dial: Dial) -> None:
    """An answer of two pieces is held back once, not twice."""
    async with FaultProxy(two_pieces, Delay(0.3)) as proxy:
        client = await dial(proxy)
        asked = asyncio.get_running_loop().time()

        assert await client.ask(b"") == b"one two"
        assert await client.receive() == b""
        assert asyncio.get_running_loop().time() - asked >= 0.29


async def test_garbage_stays(dial: Dial) -> None:
    """Bytes of no protocol come, then nothing."""
    async with FaultProxy(fault=Garbage(b"garbage")) as proxy:
        client = await dial(proxy)

        assert await client.receive() == b"garbage"
        with pytest.raises(TimeoutError):
            await client.receive(0.1)


async def test_garbage_closes(dial: Dial) -> None:
    """Bytes of no protocol come, then the end."""
    async with FaultProxy(fault=Garbage(b"garbage", close=True)) as proxy:
        assert await (await dial(proxy)).receive_all() == b"garbage"


@pytest.mark.parametrize(
    "fault",
    [Forward(), Silent(), Drip(0.01), Close(), Cut(1), Delay(60), Garbage()],
    ids=lambda fault: type(fault).__name__,
)
async def test_a_client_that_leaves_is_let_go(fault: Fault, upstream: Address, dial: Dial) -> None:
    """Whatever the fault, it keeps no connection whose client has closed."""
    async with FaultProxy(upstream, fault) as proxy, assert_nothing_left(within=10):
        client = await dial(proxy)
        client.writer.write(b"a\n")
        await client.close()
        await asyncio.wait_for(_nothing_known(proxy), 10)


async def _nothing_known(proxy: FaultProxy) -> None:
    while proxy._attending or proxy._serving or not proxy.connections:
        await asyncio.sleep(0)
