"""`dephealth wait` as a process."""

from __future__ import annotations

import signal
import time

import pytest
from cli_command import BOUND, dephealth, started

from dephealth_testing import FaultProxyFactory, Garbage, Refuse, Silent, ThreadedFaultProxy


def url(server: ThreadedFaultProxy) -> str:
    return f"tcp://{server.host}:{server.port}"


def test_all_are_there(up: ThreadedFaultProxy) -> None:
    """When all are healthy the command ends at once with 0."""
    done = dephealth("wait", url(up), "--for", "60s")
    assert (done.code, done.out.splitlines()[1].split()[3]) == (0, "up")


def test_one_comes_later(up: ThreadedFaultProxy, down: ThreadedFaultProxy) -> None:
    """The command waits until the last one is healthy."""
    with started(["wait", url(up), url(down)]) as process:
        while up.connections < 1:
            assert process.poll() is None
        down.behave(Silent())
        out, _ = process.communicate(timeout=BOUND)
    assert process.returncode == 0
    assert [line.split()[3] for line in out.splitlines()[1:]] == ["up", "up"]


def test_one_that_goes_meanwhile(up: ThreadedFaultProxy, fault_proxy: FaultProxyFactory) -> None:
    """What was healthy at first and is not in the end is waited for."""
    busy = fault_proxy(fault=Garbage(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"))
    address = url(busy).replace("tcp", "http")
    with started(["wait", url(up), address, "--for", "3s"]) as process:
        while busy.connections < 2:  # by then a round is over
            assert process.poll() is None
        up.behave(Refuse())
        busy.behave(Garbage(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
        out, _ = process.communicate(timeout=BOUND)
    assert process.returncode == 1
    assert [line.split()[3] for line in out.splitlines()[1:]] == ["DOWN", "up"]


def test_time_is_up(up: ThreadedFaultProxy, down: ThreadedFaultProxy) -> None:
    """After --for the command ends with 1, and tells what is missing."""
    before = time.monotonic()
    done = dephealth("wait", url(up), url(down), "--for", "700ms")
    assert (done.code, done.err) == (1, "")
    assert [line.split()[3] for line in done.out.splitlines()[1:]] == ["up", "DOWN"]
    assert 0.7 <= time.monotonic() - before < 10


def test_server_that_does_not_answer(up: ThreadedFaultProxy) -> None:
    """No check goes on when time is up, whatever its timeout."""
    up.behave(Silent())
    before = time.monotonic()
    address = url(up).replace("tcp", "http")
    done = dephealth("wait", address, "--for", "500ms", "--timeout", "60s")
    assert done.code == 1
    assert time.monotonic() - before < 10


def test_no_time(up: ThreadedFaultProxy) -> None:
    """Without any time to wait, everything is checked once."""
    assert dephealth("wait", url(up), "--for", "0").code == 0


@pytest.mark.parametrize("arguments", [[], ["tcp://h"], ["tcp://h:1", "--for", "ever"]])
def test_usage_error(arguments: list[str]) -> None:
    """What cannot be waited for is a usage error."""
    done = dephealth("wait", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: dephealth wait")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -15)])
def test_signal(up: ThreadedFaultProxy, down: ThreadedFaultProxy, number: int, code: int) -> None:
    """A signal ends the wait at once, without a traceback."""
    with started(["wait", url(up), url(down)]) as process:
        while up.connections < 1:
            assert process.poll() is None
        process.send_signal(number)
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out) == (code, "")
    assert "Traceback" not in err
