"""What goes wrong on the way, told apart."""

from __future__ import annotations

import socket
from base64 import b64encode
from typing import TYPE_CHECKING

import h11
import pytest

from dephealth import Endpoint, Stream, TLSOptions, check_once
from dephealth_http import HTTPChecker
from dephealth_http._exchange import ask
from dephealth_http._request import Answer, Request
from dephealth_http._url import URL
from dephealth_testing import (
    Close,
    Cut,
    Drip,
    Fault,
    FaultProxyFactory,
    Garbage,
    Refuse,
    Reset,
    Silent,
)

if TYPE_CHECKING:
    from conftest import Probe, Serve

_HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (Refuse(), "connection_refused"),
        (Reset(), "connection_reset"),
        (Close(), "connection_reset"),
        (Garbage(b"HT", close=True), "connection_reset"),
        (Garbage(b"HTTP/1.1 20", close=True), "connection_reset"),
        (Garbage(_HEAD + b"A: b\r\n", close=True), "connection_reset"),
        (Garbage(b"HTTP/1.1 100 C\r\n\r\n", close=True), "connection_reset"),
        (Garbage(close=True), "error"),
        (Garbage(), "error"),
        (Garbage(b"SSH-2.0-OpenSSH_9.2p1\r\n"), "error"),
        (Garbage(b"-ERR unknown command"), "timeout"),
        (Garbage(b"-ERR unknown command", close=True), "error"),
        (Garbage(b"220 mail ESMTP\r\n\r\n"), "error"),
        (Garbage(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00"), "error"),
        (Garbage(b"\x15\x03\x01\x00\x02\x02\x46", close=True), "error"),
        (Garbage(b"HTTP/1.1 099 Low\r\n\r\n"), "error"),
        (Garbage(b"HTTP/1.1 101 Unasked\r\n\r\n"), "error"),
        (Garbage(_HEAD + b"no header\r\n\r\n"), "error"),
        (Garbage(_HEAD + b"Content-Length: x\r\n\r\n"), "error"),
        (Silent(), "timeout"),
        (Drip(0.02), "error"),
        (Garbage(_HEAD), "timeout"),
    ],
)
async def test_faults(
    probe: Probe, fault: Fault, found: str, fault_proxy: FaultProxyFactory
) -> None:
    """Each fault of a server has its detail."""
    assert (await probe(HTTPChecker(), fault_proxy(fault=fault), 1.0)).detail == found


@pytest.mark.parametrize(
    ("after", "found"), [(0, "connection_reset"), (9, "connection_reset"), (60, "ok")]
)
@pytest.mark.parametrize("reset", [False, True])
async def test_cut(
    probe: Probe, serve: Serve, fault_proxy: FaultProxyFactory, after: int, found: str, reset: bool
) -> None:
    """A response that is cut counts if its head had come."""
    site = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 100)
    proxy = fault_proxy((site.host, site.port), Cut(after, reset))

    result = await probe(HTTPChecker(), proxy)

    assert result.detail == found


async def test_unresolvable_name(probe: Probe) -> None:
    """A name that does not resolve is a DNS error."""
    result = await probe(HTTPChecker(), Endpoint("dephealth.invalid", "80"))

    assert result.detail == "dns_error"


def test_errors_of_h11() -> None:
    """The parser can raise one about the peer, told below, or one about us, which we prevent."""
    classes = [value for value in vars(h11).values() if isinstance(value, type)]
    errors = {error for error in classes if issubclass(error, Exception)}

    assert errors == {h11.ProtocolError, h11.RemoteProtocolError, h11.LocalProtocolError}
    assert all(HTTPChecker().classify(error("")) is None for error in errors - {h11.ProtocolError})


async def test_remote_protocol_error(probe: Probe, serve: Serve) -> None:
    """What the parser cannot read is an error that nobody is surprised by."""
    site = await serve(b"x" * 5000 + b"\r\n\r\n")

    result = await probe(HTTPChecker(), site)

    assert result.detail == "error"
    assert result.reason == "CheckError: the answer is not HTTP: illegal status line"


async def test_garbage_that_echoes_a_secret(probe: Probe, serve: Serve) -> None:
    """What a server sends is not repeated: it may be what we sent."""
    pair = b64encode(b"me:s3cret").decode()
    site = await serve(f"HTTP/1.1 200 OK\r\nAuthorization {pair}\r\n\r\n".encode())

    result = await probe(HTTPChecker(basic_auth=("me", "s3cret")), site)

    assert result.detail == "error"
    assert pair not in result.reason


async def test_answer_before_the_request(probe: Probe, fault_proxy: FaultProxyFactory) -> None:
    """A server that answers at once and listens to nothing has answered."""
    refusal = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"

    assert (await probe(HTTPChecker(), fault_proxy(fault=Garbage(refusal)))).detail == "http_503"


async def test_answer_of_a_server_that_does_not_listen() -> None:
    """An answer counts though the request could not be sent."""
    ours, theirs = socket.socketpair()
    with ours:
        ours.setblocking(False)
        theirs.send(b"HTTP/1.1 503 Busy\r\n\r\n")
        theirs.close()
        request = Request("GET", URL(tls=False, host="h", port=80, target="/"), TLSOptions())

        assert await ask(Stream(ours), request) == Answer(503)


async def test_reset_that_comes_early(fault_proxy: FaultProxyFactory) -> None:
    """A peer that resets is told the same whether it was quicker than we looked or not."""
    proxy = fault_proxy(fault=Reset())
    endpoint = Endpoint(proxy.host, str(proxy.port))
    found = [await check_once(HTTPChecker(tls=True), endpoint) for _ in range(50)]

    assert {check.outcome.detail for check in found if check.outcome} == {"tls_error"}
