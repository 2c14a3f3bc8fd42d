"""The proxy itself: what it counts, how it changes, what it leaves."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from dephealth_testing import (
    Close,
    Connection,
    Cut,
    Delay,
    Drip,
    Fault,
    FaultProxy,
    Forward,
    Garbage,
    HandshakeCut,
    Refuse,
    Reset,
    Silent,
    ThreadedFaultProxy,
    assert_nothing_left,
)

if TYPE_CHECKING:
    from conftest import Dial
    from dephealth_testing import FaultProxyFactory

Address = tuple[str, int]


async def test_counts_what_it_accepts(dial: Dial) -> None:
    """Each accepted connection counts, whatever becomes of it."""
    async with FaultProxy(fault=Garbage(close=True)) as proxy:
        for _ in range(3):
            await (await dial(proxy)).receive_all()

        assert proxy.connections == 3


async def test_ipv6(dial: Dial) -> None:
    """It listens on the IPv6 address of this machine just as well."""
    async with FaultProxy(fault=Garbage(b"hello"), host="::1") as proxy:
        assert await (await dial(proxy)).receive() == b"hello"


async def test_given_port(dial: Dial) -> None:
    """It takes the port that it is given, also one that was just in use."""
    async with FaultProxy(fault=Reset()) as earlier:
        pass
    async with FaultProxy(fault=Garbage(b"hello"), port=earlier.port) as proxy:
        assert proxy.port == earlier.port
        assert await (await dial(proxy)).receive() == b"hello"


async def test_taken_port() -> None:
    """A port that another one listens on is an error."""
    async with FaultProxy() as proxy:
        with pytest.raises(OSError, match="in use"):
            async with FaultProxy(port=proxy.port):
                pass


async def test_nothing_is_lost_in_a_silence(upstream: Address, dial: Dial) -> None:
    """What was asked while the server was silent is answered when it is back."""
    async with FaultProxy(upstream) as proxy:
        client = await dial(proxy)
        assert await client.ask(b"a") == b"answer to a\n"
        proxy.behave(Silent())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.ask(b"b"), 0.1)
        proxy.behave(Forward())

        assert await client.receive() == b"answer to b\n"


async def test_nothing_is_lost_in_a_delay(upstream: Address, dial: Dial) -> None:
    """An answer that is being held back comes when the delay is taken away."""
    async with FaultProxy(upstream, Delay(60)) as proxy:
        client = await dial(proxy)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.ask(b"a"), 0.1)
        proxy.behave(Forward())

        assert await client.receive() == b"answer to a\n"


async def test_changes_in_a_row(upstream: Address, dial: Dial) -> None:
    """Of many changes without a pause the last one holds."""
    async with FaultProxy(upstream) as proxy:
        client = await dial(proxy)
        await client.ask(b"a")
        for fault in (Silent(), Delay(60), Drip(60), Forward()):
            proxy.behave(fault)

        assert await client.ask(b"b") == b"answer to b\n"


async def test_an_end_cannot_be_taken_back() -> None:
    """A connection that is ending is cut by a fault that would go on."""
    with socket.socket() as client:
        client.settimeout(0)
        async with FaultProxy(fault=Close()) as proxy, assert_nothing_left(within=10):
            loop = asyncio.get_running_loop()
            await loop.sock_connect(client, (proxy.host, proxy.port))
            assert await asyncio.wait_for(loop.sock_recv(client, 1), 10) == b""
            proxy.behave(Garbage())


class Broken(Fault):
    async def serve(self, connection: Connection) -> None:
        raise ValueError("broken")


async def test_a_broken_fault_is_raised(dial: Dial) -> None:
    """An error in a fault comes out where the proxy is left, with nothing open."""
    async with assert_nothing_left():
        with pytest.raises(ValueError, match="broken"):
            async with FaultProxy(fault=Broken()) as proxy:
                assert await (await dial(proxy)).receive() == b""
        await dial.close()


FAULTS = [
    Forward(),
    Refuse(),
    Silent(),
    Drip(60),
    Reset(),
    Close(),
    Cut(1),
    Cut(1, reset=True),
    Delay(60),
    Garbage(),
    Garbage(close=True),
    HandshakeCut(),
    HandshakeCut(reset=True),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_leaves_nothing(fault: Fault, upstream: Address) -> None:
    """Whatever it does, a proxy that is left leaves nothing, though its clients stay."""
    async with FaultProxy(upstream, fault) as warm:
        del warm
    clients = []
    async with assert_nothing_left():
        async with FaultProxy(upstream) as proxy:
            for _ in range(3):
                clients.append(socket.create_connection((proxy.host, proxy.port)))
                clients[-1].sendall(b"a\n")
            async with asyncio.timeout(10):
                while proxy.connections < 3:
                    await asyncio.sleep(0)
            proxy.behave(fault)
            await asyncio.sleep(0)
        for client in clients:
            client.close()


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_threaded_leaves_nothing(fault: Fault) -> None:
    """Neither does the one in a thread."""
    with assert_nothing_left(), ThreadedFaultProxy(fault=fault) as proxy:
        pass
    del proxy  # alive until here: nothing was left to the garbage collector


def test_threaded_changes_at_once(fault_proxy: FaultProxyFactory) -> None:
    """A blocking client meets the new behaviour on the very next connect."""
    proxy = fault_proxy(fault=Garbage(b"hello"))
    for _ in range(10):
        proxy.behave(Refuse())
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((proxy.host, proxy.port), 10)
        proxy.behave(Garbage(b"hello"))
        with socket.create_connection((proxy.host, proxy.port), 10) as client:
            assert client.recv(100) == b"hello"

    assert proxy.connections == 10


def test_threaded_says_why_it_cannot_start(fault_proxy: FaultProxyFactory) -> None:
    """A port that is taken is an error for who starts the proxy."""
    taken = fault_proxy()
    with (
        assert_nothing_left(),
        pytest.raises(OSError, match="in use"),
        ThreadedFaultProxy(port=taken.port),
    ):
        pass


async def test_fixture_in_a_coroutine(fault_proxy: FaultProxyFactory, dial: Dial) -> None:
    """The fixture serves tests that are coroutines too."""
    proxy = fault_proxy(fault=Garbage(b"hello"), host="::1")

    assert proxy.host == "::1"
    assert await (await dial(proxy)).receive() == b"hello"
