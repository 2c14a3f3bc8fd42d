"""What goes wrong on the way, told apart."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from grpc_peer import ANSWER, BEGIN, SERVING, SETTINGS, data
from hyperframe.frame import GoAwayFrame, RstStreamFrame

from dephealth import Endpoint
from dephealth_grpc import GRPCChecker
from dephealth_testing import (
    Close,
    Connection,
    Cut,
    Drip,
    Fault,
    FaultProxyFactory,
    Forward,
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
    ],
)
async def test_faults(
    probe: Probe, fault: Fault, found: str, fault_proxy: FaultProxyFactory
) -> None:
    """Each fault of a server has its detail."""
    assert (await probe(GRPCChecker(), fault_proxy(fault=fault), 1.0)).detail == found


@pytest.mark.parametrize("leaves", [False, True])
@pytest.mark.parametrize(
    ("answer_", "found"),
    [
        (ANSWER, "ok"),
        (SETTINGS + RstStreamFrame(1, 2).serialize(), "error"),
        (SETTINGS + GoAwayFrame(0, last_stream_id=1).serialize() + ANSWER[len(SETTINGS) :], "ok"),
        (SETTINGS + BEGIN + b"\0\0\1\x06\0\0\0\0\0?", "error"),
    ],
)
async def test_ends_of_a_call(
    probe: Probe, answer: Answer, answer_: bytes, found: str, leaves: bool
) -> None:
    """How a server that speaks HTTP/2 ends a call decides, whether it hangs up then or not."""
    peer = await answer(answer_, leaves=leaves)

    assert (await probe(GRPCChecker(), peer, 1.0)).detail == found


async def test_refused_call(probe: Probe, answer: Answer) -> None:
    """A server that refuses a call, for another attempt, is not asked again."""
    peer = await answer(SETTINGS + RstStreamFrame(1, 7).serialize())

    assert (await probe(GRPCChecker(), peer, 1.0)).detail == "error"


@pytest.mark.parametrize("begun", [SETTINGS, SETTINGS + BEGIN, SETTINGS + BEGIN + data(SERVING)])
async def test_hanging_up_instead_of_an_answer(probe: Probe, answer: Answer, begun: bytes) -> None:
    """A server that was asked and hangs up before its answer is whole has cut the connection."""
    peer = await answer(begun, leaves=True)

    assert (await probe(GRPCChecker(), peer)).detail == "connection_reset"


@dataclass
class OnlyOnce(Fault):
    """Do *first* with the first connection and *then* with all that follow."""

    first: Fault
    then: Fault
    connections: int = 0

    async def serve(self, connection: Connection) -> None:
        self.connections += 1
        fault = self.first if self.connections == 1 else self.then
        await fault.serve(connection)


async def test_failure_of_one_connection(
    probe: Probe, answer: Answer, fault_proxy: FaultProxyFactory
) -> None:
    """A connection that failed is a failure, though the next one would not have."""
    peer = await answer()
    fault = OnlyOnce(Reset(), Forward())

    found = await probe(GRPCChecker(), fault_proxy((peer.host, peer.port), fault))

    assert found.detail == "connection_reset"
    assert fault.connections == 2


@dataclass(frozen=True)
class Late(Fault):
    """Forward what comes, but wait before."""

    wait: float

    async def serve(self, connection: Connection) -> None:
        await asyncio.sleep(self.wait)
        await Forward().serve(connection)


async def test_server_that_is_slow(
    probe: Probe, answer: Answer, fault_proxy: FaultProxyFactory
) -> None:
    """A server that takes half a second for its first word is as good as another."""
    peer = await answer()

    found = await probe(GRPCChecker(), fault_proxy((peer.host, peer.port), Late(0.5)))

    assert found.detail == "ok"


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
