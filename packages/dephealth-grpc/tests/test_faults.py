"""What goes wrong on the way, told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from grpc_peer import ANSWER, BEGIN, SETTINGS
from hyperframe.frame import GoAwayFrame, RstStreamFrame

from dephealth import Endpoint
from dephealth_grpc import GRPCChecker
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
    from conftest import Answer, Probe


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (Refuse(), "connection_refused"),
        (Reset(), "connection_reset"),
        (Close(), "connection_reset"),
        (Garbage(SETTINGS[:5], close=True), "connection_reset"),
        (Garbage(SETTINGS, close=True), "connection_reset"),
        (Garbage(SETTINGS + BEGIN, close=True), "connection_reset"),
        (Garbage(SETTINGS + GoAwayFrame(0).serialize()), "connection_reset"),
        (Garbage(SETTINGS + RstStreamFrame(1, 7).serialize()), "error"),
        (Garbage(SETTINGS + GoAwayFrame(0, error_code=11).serialize()), "error"),
        (Garbage(close=True), "error"),
        (Garbage(), "error"),
        (Garbage(b"HTTP/1.1 400 Bad Request\r\n\r\n", close=True), "error"),
        (Garbage(b"SSH-2.0-OpenSSH_9.2p1\r\n"), "error"),
        (Garbage(b"-ERR", close=True), "error"),
        (Garbage(b"\x15\x03\x01\x00\x02\x02\x46", close=True), "error"),
        (Silent(), "timeout"),
        (Drip(0.01), "error"),
        (Drip(0.3), "timeout"),
        (Garbage(SETTINGS), "timeout"),
        (Garbage(SETTINGS + BEGIN), "timeout"),
        (Garbage(ANSWER, close=True), "ok"),
    ],
)
async def test_faults(
    probe: Probe, fault: Fault, found: str, fault_proxy: FaultProxyFactory
) -> None:
    """Each fault of a server has its detail."""
    assert (await probe(GRPCChecker(), fault_proxy(fault=fault), 1.0)).detail == found


@pytest.mark.parametrize(
    ("after", "found"),
    [(0, "connection_reset"), (9, "connection_reset"), (len(ANSWER), "ok")],
)
@pytest.mark.parametrize("reset", [False, True])
async def test_cut(
    probe: Probe,
    answer: Answer,
    fault_proxy: FaultProxyFactory,
    after: int,
    found: str,
    reset: bool,
) -> None:
    """An answer that is cut is none."""
    peer = await answer()
    proxy = fault_proxy((peer.host, peer.port), Cut(after, reset))

    assert (await probe(GRPCChecker(), proxy)).detail == found


async def test_unresolvable_name(probe: Probe) -> None:
    """A name that does not resolve is a DNS error."""
    result = await probe(GRPCChecker(), Endpoint("dephealth.invalid", "443"))

    assert result.detail == "dns_error"


async def test_garbage_that_echoes_a_secret(probe: Probe, answer: Answer) -> None:
    """What a server sends is not repeated: it may be what we sent."""
    peer = await answer(b"me:s3cret is what you said\r\n")

    result = await probe(GRPCChecker(basic_auth=("me", "s3cret")), peer)

    assert result.reason == "CheckError: the answer is not HTTP/2"
