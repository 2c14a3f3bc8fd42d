"""The commands on a terminal."""

from __future__ import annotations

import re

import pytest
from cli_command import dephealth
from cli_terminal import on_terminal

from dephealth_testing import ThreadedFaultProxy

_COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7]")


def test_table_has_colours(up: ThreadedFaultProxy, down: ThreadedFaultProxy) -> None:
    """On a terminal what is up is green, and what is down is red."""
    code, screen = on_terminal(
        "check", f"tcp://{up.host}:{up.port}", f"tcp://{down.host}:{down.port}"
    )
    assert code == 1
    assert re.search(rf"\x1b\[32mtcp .*{up.port}.*up", screen)
    assert re.search(rf"\x1b\[1;31mtcp-2 .*{down.port}.*DOWN", screen)


@pytest.mark.parametrize("command", ["check", "wait"])
def test_no_color(up: ThreadedFaultProxy, command: str) -> None:
    """With NO_COLOR there is none."""
    code, screen = on_terminal(command, f"tcp://{up.host}:{up.port}", NO_COLOR="1")
    assert code == 0
    assert "up" in screen
    assert not _COLOUR.search(screen)


def test_terminal_that_can_do_nothing(up: ThreadedFaultProxy) -> None:
    """On a dumb terminal the table is plain text."""
    code, screen = on_terminal("check", f"tcp://{up.host}:{up.port}", TERM="dumb")
    assert code == 0
    assert screen.startswith("DEPENDENCY  TYPE")
    assert "\x1b" not in screen


def test_wait_shows_progress(up: ThreadedFaultProxy, down: ThreadedFaultProxy) -> None:
    """While it waits, the command shows what it waits for, and for how long yet."""
    urls = [f"tcp://{server.host}:{server.port}" for server in (up, down)]
    code, screen = on_terminal("wait", *urls, "--for", "1s")
    assert code == 1
    assert re.search(r"waiting for \d s more", screen)
    assert screen.count("DOWN") >= 2


@pytest.mark.parametrize("arguments", [["check"], ["wait", "--for", "100ms"]])
def test_no_terminal(down: ThreadedFaultProxy, arguments: list[str]) -> None:
    """What goes into a pipe has nothing of a terminal in it."""
    done = dephealth(*arguments, f"tcp://{down.host}:{down.port}", FORCE_COLOR="1")
    assert done.code == 1
    assert "\x1b" not in done.out
    assert len(done.out.splitlines()) == 2
