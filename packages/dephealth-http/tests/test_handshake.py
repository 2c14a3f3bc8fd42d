"""TLS: how it begins, ends, and fails."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest

from dephealth import Endpoint, check_once
from dephealth_http import HTTPChecker
from dephealth_testing import (
    Certificates,
    Close,
    Cut,
    Fault,
    FaultProxy,
    Garbage,
    HandshakeCut,
    Reset,
    Silent,
    Tls,
    assert_nothing_left,
)

if TYPE_CHECKING:
    from conftest import Probe, Serve


def trusting(certificates: Certificates, **options: Any) -> HTTPChecker:
    return HTTPChecker(tls=True, tls_ca_file=str(certificates.authority), **options)


async def test_plaintext_to_a_tls_port(
    probe: Probe, serve: Serve, certificates: Certificates
) -> None:
    """Without TLS, what a TLS server does decides: it hangs up, or says what is no HTTP."""
    site = await serve(context=certificates.server_context(certificates.good))

    assert (await probe(HTTPChecker(), site)).detail in {"connection_reset", "error"}


@pytest.mark.parametrize(
    "fault",
    [
        Close(),
        Reset(),
        Garbage(close=True),
        Garbage(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        HandshakeCut(),
        HandshakeCut(reset=True),
    ],
)
async def test_no_handshake(probe: Probe, fault: Fault) -> None:
    """Whatever goes wrong in the handshake is a TLS error."""
    async with FaultProxy(fault=fault) as proxy:
        assert (await probe(HTTPChecker(tls=True), proxy)).detail == "tls_error"


async def test_silence_in_the_handshake(probe: Probe) -> None:
    """The deadline within a handshake is a timeout."""
    async with FaultProxy(fault=Silent()) as proxy:
        assert (await probe(HTTPChecker(tls=True), proxy, 0.2)).detail == "timeout"


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (Close(), "connection_reset"),
        (Reset(), "connection_reset"),
        (Cut(0), "connection_reset"),
        (Garbage(close=True), "error"),
        (Silent(), "timeout"),
    ],
)
async def test_faults_within_tls(
    probe: Probe, certificates: Certificates, fault: Fault, found: str
) -> None:
    """After the handshake, faults are told as they are without TLS."""
    secured = Tls(certificates.server_context(certificates.good), then=fault)
    async with FaultProxy(fault=secured) as proxy:
        assert (await probe(trusting(certificates), proxy, 1.0)).detail == found


async def test_end_without_farewell(probe: Probe, certificates: Certificates) -> None:
    """A server that ends without a word in TLS has cut the connection."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()

    context = certificates.server_context(certificates.good)
    async with await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        endpoint = Endpoint("127.0.0.1", str(port))
        assert (await probe(trusting(certificates), endpoint)).detail == "connection_reset"


async def test_farewell(certificates: Certificates) -> None:
    """A check that is done says so in TLS before it closes."""
    context = certificates.server_context(certificates.good)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)

    def answer() -> bytes:
        plain, _ = listener.accept()
        plain.settimeout(5)
        with context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False) as client:
            client.recv(5000)
            client.send(b"HTTP/1.1 200 OK\r\n\r\n")
            return client.recv(1)  # raises if the connection just ends

    with listener:
        answering = asyncio.create_task(asyncio.to_thread(answer))
        await trusting(certificates).check(Endpoint("127.0.0.1", str(listener.getsockname()[1])))
        assert await answering == b""


async def test_tls_checks_leave_nothing(serve: Serve, certificates: Certificates) -> None:
    """Checks with TLS that pass or fail leave no descriptor and no task."""
    good = await serve(context=certificates.server_context(certificates.good))
    bad = await serve(context=certificates.server_context(certificates.expired))
    checker = trusting(certificates)

    async with FaultProxy(fault=Silent()) as silent, assert_nothing_left():
        for endpoint in (good.endpoint, bad.endpoint, Endpoint(silent.host, str(silent.port))):
            for _ in range(5):
                await check_once(checker, endpoint, 0.1)
