"""`dephealth demo` as a process."""

from __future__ import annotations

import re
import signal
import stat
import urllib.request
from pathlib import Path

from cli_command import BOUND, dephealth, started
from cli_terminal import Terminal

from dephealth_testing import ThreadedFaultProxy


def test_one_fails_and_recovers() -> None:
    """Everything is up, one dependency goes down and is up again, and all can be seen."""
    with started(["demo"]) as process:
        assert process.stdout is not None
        found = re.search(r"status page: (http://127.0.0.1:\d+/)", process.stdout.readline())
        assert found
        seen: list[str] = []
        for line in process.stdout:
            if " payment-api http " in line:
                seen.append(line.split()[4])
            if seen == ["up", "DOWN"]:
                page = urllib.request.urlopen(found[1], timeout=BOUND).read().decode()
                metrics = urllib.request.urlopen(f"{found[1]}metrics", timeout=BOUND).read()
            if len(seen) == 3:
                break
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=BOUND)
    assert (seen, process.returncode, err) == (["up", "DOWN", "up"], 0, "")
    assert "payment-api" in page
    assert b'app_dependency_status_detail{critical="yes",dependency="payment-api"' in metrics


def test_it_ends_by_itself() -> None:
    """With --seconds it ends with 0."""
    done = dephealth("demo", "--seconds", "1.5")
    assert (done.code, done.err) == (0, "")
    assert {line.split()[1] for line in done.out.splitlines()[1:]} >= {
        "payment-api", "search-api", "mail-relay",
    }  # fmt: skip


def test_without_other_plugins() -> None:
    """What is not installed is not in it."""
    done = dephealth("demo", "--seconds", "1.5", DEPHEALTH_DISABLE_PLUGINS="redis")
    assert done.code == 0
    assert "cart-cache" not in done.out


def test_page_is_opened(tmp_path: Path) -> None:
    """With --open the user's browser is called with the address of the page."""
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    done = dephealth("demo", "--open", "--seconds", "1.5", BROWSER=f"{browser} %s")
    assert done.code == 0
    url = (tmp_path / "opened").read_text().strip()
    assert f"status page: {url} " in done.out


def test_port_that_is_taken(up: ThreadedFaultProxy) -> None:
    """A port that somebody has is told, with exit code 2."""
    done = dephealth("demo", "--port", str(up.port))
    assert done.code == 2
    assert done.err == f"Error: port {up.port} cannot be listened on: Address already in use\n"


def test_screen() -> None:
    """On a terminal there is the table of `watch`, and where the page is."""
    with Terminal("demo") as terminal:
        terminal.read_until(r"status page: http://127.0.0.1:\d+/")
        terminal.press("q")
        assert terminal.wait() == 0
