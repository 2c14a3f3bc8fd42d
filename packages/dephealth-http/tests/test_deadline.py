"""The deadline in each phase, and what is left when a check has ended."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from dephealth import Endpoint, check_once
from dephealth_http import HTTPChecker
from dephealth_testing import (
    Close,
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
    from conftest import Probe, Serve

_HEAD = b"HTTP/1.1 200 OK\r\n"


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
            await HTTPChecker().check(endpoint)


@pytest.mark.parametrize("fault", [Silent(), Garbage(_HEAD), Drip(0.1)])
async def test_deadline_while_waiting(fault: Fault, fault_proxy: FaultProxyFactory) -> None:
    """The deadline ends a check whose answer does not come to an end."""
    proxy = fault_proxy(fault=fault)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await HTTPChecker().check(Endpoint(proxy.host, str(proxy.port)))


async def test_deadline_after_a_redirect(
    probe: Probe, serve: Serve, fault_proxy: FaultProxyFactory
) -> None:
    """Redirects do not stretch the deadline."""
    proxy = fault_proxy(fault=Silent())
    site = await serve((302, f"http://{proxy.host}:{proxy.port}"))

    result = await probe(HTTPChecker(), site, 0.3)

    assert result.detail == "timeout"
    assert result.latency < 0.4


@pytest.mark.parametrize("fault", [Refuse(), Reset(), Close(), Garbage(), Silent()])
async def test_failing_checks_leave_nothing(fault: Fault, fault_proxy: FaultProxyFactory) -> None:
    """Checks that fail in any way leave no descriptor, no thread and no task."""
    proxy = fault_proxy(fault=fault)
    checker = HTTPChecker()
    endpoint = Endpoint(proxy.host, str(proxy.port))

    async with assert_nothing_left():
        await asyncio.gather(*(check_once(checker, endpoint, 0.2) for _ in range(20)))


async def test_passing_checks_leave_nothing(serve: Serve) -> None:
    """Checks that pass leave no descriptor and no task of ours."""
    site = await serve((302, "/x"), 200)
    checker = HTTPChecker()

    async with assert_nothing_left():
        await asyncio.gather(*(checker.check(site.endpoint) for _ in range(20)))
