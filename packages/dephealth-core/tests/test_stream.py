"""Connections for one exchange."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Coroutine, Iterator

import pytest

from dephealth import CheckTlsError, Stream, TLSOptions, TLSStream
from dephealth_testing import Certificates

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two ends of a connection; the first does not block."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.settimeout(5)
        yield ours, theirs


async def turns_during(work: Coroutine[None, None, object]) -> int:
    """How often another task gets its turn while *work* goes on."""
    task = asyncio.create_task(work)
    turns = 0
    async with asyncio.timeout(5):
        while not task.done():
            await asyncio.sleep(0)
            turns += 1
    await task
    return turns


async def test_connecting() -> None:
    """A stream is connected to the first address that accepts, for small messages."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = await Stream.connect(["127.0.0.2", "127.0.0.1"], server.getsockname()[1])

        assert stream.sock.getpeername()[0] == "127.0.0.1"
        assert stream.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        stream.close()


async def test_exchange(pair: Pair) -> None:
    """What is sent arrives, what comes is received, and the end is nothing."""
    ours, theirs = pair
    stream = Stream(ours)

    await stream.send(b"question")
    assert theirs.recv(100) == b"question"
    theirs.send(b"answer")
    assert await stream.receive() == b"answer"
    theirs.close()
    assert await stream.receive() == b""


async def test_data_that_waits_already(pair: Pair) -> None:
    """A peer that is always ahead does not keep the loop for itself."""
    ours, theirs = pair
    theirs.send(b"x" * 80_000)
    stream = Stream(ours)

    async def receive() -> None:
        for _ in range(4):
            assert await stream.receive()

    assert await turns_during(receive()) >= 4


async def test_tls_messages_that_mean_nothing(pair: Pair) -> None:
    """Nor does one that sends in TLS what a client has to pass over."""
    hello_request = b"\x16\x03\x03\x00\x04\x00\x00\x00\x00"
    ours, theirs = pair
    theirs.send(hello_request * 8000)
    theirs.shutdown(socket.SHUT_WR)
    stream = TLSStream(Stream(ours), TLSOptions(tls_skip_verify=True).ssl_context, "h")

    async def fail() -> None:
        with pytest.raises(CheckTlsError):
            await stream.handshake()

    assert await turns_during(fail()) >= 4


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_exchange_in_tls(certificates: Certificates, version: ssl.TLSVersion) -> None:
    """With TLS a stream is used as without, and tells what was agreed upon."""
    offered = certificates.server_context(certificates.good)
    offered.minimum_version = offered.maximum_version = version
    offered.set_alpn_protocols(["echo"])
    wanted = TLSOptions(tls_ca_file=str(certificates.authority)).ssl_context
    wanted.set_alpn_protocols(["other", "echo"])

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(8))
        await reader.read()
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0, ssl=offered) as server:
        port = server.sockets[0].getsockname()[1]
        stream = TLSStream(await Stream.connect(["127.0.0.1"], port), wanted, "localhost.")
        await stream.handshake()
        await stream.send(b"question")

        assert await stream.receive() == b"question"
        assert stream.protocol == "echo"
        assert not stream.lacks_certificate
        stream.close()
