"""The deadline in each phase, servers that never stop, and what is left when a check has ended."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from grpc_peer import BEGIN, SETTINGS, data, headers, passes
from hyperframe.frame import ContinuationFrame, HeadersFrame, PingFrame, WindowUpdateFrame

from dephealth import Endpoint, check_once
from dephealth_grpc import GRPCChecker
from dephealth_testing import (
    Certificates,
    Close,
    Connection,
    Drip,
    Fault,
    FaultProxyFactory,
    Garbage,
    Refuse,
    Reset,
    Silent,
    assert_nothing_left,
)

if TYPE_CHECKING:
    from conftest import Answer, Probe

_MEGABYTE = 1 << 20
_PING = PingFrame(0, b"12345678").serialize()
_WINDOW = WindowUpdateFrame(0, 1).serialize()
_INTERIM = headers((":status", "103"))


@contextlib.contextmanager
def full_backlog() -> Iterator[Endpoint]:
    """A port that takes no connection and refuses none."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield Endpoint("127.0.0.1", str(listener.getsockname()[1]))


async def test_deadline_while_connecting() -> None:
    """The deadline ends a connect that gets no reply."""
    with full_backlog() as endpoint, pytest.raises(TimeoutError):
        async with assert_nothing_left(), asyncio.timeout(0.2):
            await GRPCChecker().check(endpoint)


@pytest.mark.parametrize(
    "fault", [Silent(), Garbage(SETTINGS), Garbage(SETTINGS + BEGIN), Drip(0.1)]
)
async def test_deadline_while_waiting(fault: Fault, fault_proxy: FaultProxyFactory) -> None:
    """The deadline ends a check whose answer does not come to an end."""
    proxy = fault_proxy(fault=fault)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await GRPCChecker().check(Endpoint(proxy.host, str(proxy.port)))


@dataclass(frozen=True)
class Endless(Fault):
    """Say *begin*, then *again* and again."""

    begin: bytes
    again: bytes

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        await client.send(self.begin)
        piece = self.again * (_MEGABYTE // 16 // len(self.again) + 1)
        while True:
            await client.send(piece)


@contextlib.contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * _MEGABYTE, f"{peak // _MEGABYTE} MiB"


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (Endless(b"", SETTINGS), "timeout"),
        (Endless(SETTINGS, _PING), "timeout"),
        (Endless(SETTINGS, _WINDOW), "timeout"),
        (Endless(SETTINGS, _INTERIM), "error"),
        (Endless(SETTINGS + BEGIN, data(b"x" * 100)), "error"),
        (Endless(SETTINGS + BEGIN, data(b"")), "error timeout"),
        (
            Endless(
                SETTINGS + HeadersFrame(1, b"").serialize(), ContinuationFrame(1, b"").serialize()
            ),
            "error timeout",
        ),
        (Endless(b"", b"\xff"), "error"),
    ],
)
async def test_endless_answers(
    probe: Probe, fault: Fault, found: str, fault_proxy: FaultProxyFactory
) -> None:
    """A server that never stops sending gets little memory, and no time beyond the deadline."""
    proxy = fault_proxy(fault=fault)
    with little_memory():
        result = await probe(GRPCChecker(), proxy, 0.5)
    # grpcio may read for ever and hear nothing of a cancellation: that is told in time all the
    # same, and the check's thread ends when the server does.
    proxy.behave(Reset())

    # Not every version of grpcio finds the same intolerable.
    assert result.detail in found.split()
    assert result.latency < 0.6


@pytest.mark.parametrize(
    "fault", [Refuse(), Reset(), Close(), Garbage(), Silent(), Garbage(SETTINGS + BEGIN)]
)
async def test_failing_checks_leave_nothing(fault: Fault, fault_proxy: FaultProxyFactory) -> None:
    """A thousand checks that fail in any way leave no descriptor, no thread and no task."""
    proxy = fault_proxy(fault=fault)
    checker = GRPCChecker()
    endpoint = Endpoint(proxy.host, str(proxy.port))

    async with assert_nothing_left():
        for _ in range(10):
            await asyncio.gather(*(check_once(checker, endpoint, 0.1) for _ in range(100)))


async def test_passing_checks_leave_nothing(answer: Answer, certificates: Certificates) -> None:
    """Checks that pass leave no descriptor and no task of ours, with TLS or without."""
    plain = await answer()
    secure = await answer(context=certificates.server_context(certificates.good))
    checker = GRPCChecker(tls=True, tls_ca_file=str(certificates.authority))

    async with assert_nothing_left():
        await asyncio.gather(*(passes(GRPCChecker(), plain.endpoint) for _ in range(20)))
        await asyncio.gather(*(passes(checker, secure.endpoint) for _ in range(20)))


async def test_failing_tls_checks_leave_nothing(
    answer: Answer, certificates: Certificates, fault_proxy: FaultProxyFactory
) -> None:
    """Checks that fail in TLS leave nothing either."""
    bad = await answer(context=certificates.server_context(certificates.expired))
    silent = fault_proxy(fault=Silent())
    checker = GRPCChecker(tls=True, tls_ca_file=str(certificates.authority))

    async with assert_nothing_left():
        for endpoint in (bad.endpoint, Endpoint(silent.host, str(silent.port))):
            await asyncio.gather(*(check_once(checker, endpoint, 0.1) for _ in range(20)))
