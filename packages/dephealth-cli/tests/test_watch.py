"""`dephealth watch` as a process."""

from __future__ import annotations

import os
import re
import signal
import subprocess

import pytest
from cli_command import BOUND, COMMAND, dephealth, environment, started
from cli_files import Write
from cli_terminal import Terminal, attributes

from dephealth_testing import FaultProxyFactory, Refuse, Silent, ThreadedFaultProxy


def url(server: ThreadedFaultProxy) -> str:
    return f"tcp://{server.host}:{server.port}"


def test_lines(up: ThreadedFaultProxy) -> None:
    """Into a pipe each change is a line, and nothing else is."""
    with started(["watch", url(up), "--interval", "1s"]) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        up.behave(Refuse())
        second = process.stdout.readline()
        up.behave(Silent())
        third = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest, err = process.communicate(timeout=BOUND)
    address = re.escape(f" tcp tcp {up.host}:{up.port} ")
    assert re.fullmatch(rf"\d+-\d\d-\d\dT\d\d:\d\d:\d\dZ{address}up ok ok [\d.]+ ms\n", first)
    assert "DOWN connection_error connection_refused" in second
    assert "ConnectionRefusedError" in second
    assert " up ok ok " in third
    assert (process.returncode, rest, err) == (0, "", "")


def test_file(write: Write, up: ThreadedFaultProxy, down: ThreadedFaultProxy) -> None:
    """The dependencies of a file are watched by their names; --critical-only leaves some out."""
    file = write(
        f"""
        [dependencies.extra]
        url = "{url(down)}"
        critical = false
        [dependencies.relay]
        url = "{url(up)}"
        critical = true
        """
    )
    with started(["watch", "-c", file, "--critical-only"]) as process:
        assert process.stdout is not None
        assert " relay tcp " in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=BOUND)
    assert (process.returncode, rest) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal(fault_proxy: FaultProxyFactory, number: int) -> None:
    """A signal ends it with 0, also while a check waits for its answer."""
    silent = fault_proxy(fault=Silent())
    address = url(silent).replace("tcp", "http")
    with started(["watch", address, "-o", "timeout=50s", "--interval", "60s"]) as process:
        while not silent.connections:
            assert process.poll() is None
        process.send_signal(number)
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (0, "", "")


def test_closed_pipe(up: ThreadedFaultProxy) -> None:
    """A reader that has gone ends it."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run(
            [*COMMAND, "watch", url(up)],
            env=environment(),
            stdout=pipe,
            stderr=subprocess.PIPE,
            timeout=BOUND,
            check=False,
        )
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give URL"),
        (["tcp://h:1", "--interval", "1ms"], "interval 0.001 s is out of range"),
        (["tcp://h:1", "--interval", "2s", "-o", "timeout=3s"], "must be less than the interval"),
    ],
)
def test_usage_error(arguments: list[str], message: str) -> None:
    """What cannot be watched is a usage error."""
    done = dephealth("watch", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_screen(up: ThreadedFaultProxy, down: ThreadedFaultProxy) -> None:
    """On a terminal there is a table with what is known, in colours; q ends it."""
    with Terminal("watch", url(up), url(down), "--interval", "1s") as terminal:
        terminal.read_until(r"connection_refused: ConnectionRefusedError")
        terminal.read_until(r"\x1b\[32mup .*[▁▂▃▄▅▆▇█]{2,}")
        terminal.press("q")
        assert terminal.wait() == 0


def test_keys(up: ThreadedFaultProxy, down: ThreadedFaultProxy) -> None:
    """Each key of the line at the bottom sorts the table, and r reverses it."""
    with Terminal("watch", url(up), url(down)) as terminal:
        terminal.read_until(r"by state · s state · n name · l latency · f failures · r reverse")
        for key, shown in [("n", "name"), ("r", "name, reversed"), ("l", "latency"), ("f", "fail")]:
            terminal.press(key)
            terminal.read_until(rf"by {shown}")
        terminal.press("xq")
        assert terminal.wait() == 0


@pytest.mark.parametrize("end", ["q", "\x03"])
def test_terminal_is_as_before(up: ThreadedFaultProxy, end: str) -> None:
    """In the end the terminal echoes again, shows its cursor, and has the screen from before."""
    with Terminal("watch", url(up)) as terminal:
        before = attributes(terminal)
        terminal.read_until(r"mup ")
        assert attributes(terminal) != before
        terminal.press(end)
        assert terminal.wait() == 0
        assert attributes(terminal) == before
        assert terminal.screen.rindex("\x1b[?25h") > terminal.screen.rindex("\x1b[?25l")
        assert terminal.screen.rindex("\x1b[?1049l") > terminal.screen.rindex("\x1b[?1049h")


def test_no_color(down: ThreadedFaultProxy) -> None:
    """With NO_COLOR the table has none."""
    with Terminal("watch", url(down), NO_COLOR="1") as terminal:
        terminal.read_until("DOWN")
        terminal.press("q")
        assert terminal.wait() == 0
        assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", terminal.screen)
