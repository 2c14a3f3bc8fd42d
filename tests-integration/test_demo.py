"""`./dev demo` as a process."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from private_servers import require

DEMO = Path(__file__).with_name("demo.py")


@pytest.fixture
def demo(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """The running demonstration, with the arguments of the test's parameter."""
    require("postgresql")
    require("redis")
    process = subprocess.Popen(
        [sys.executable, "-u", str(DEMO), *getattr(request, "param", [])],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        yield process
        process.kill()


@pytest.mark.parametrize("demo", [["--seconds", "25"]], indirect=True)
def test_one_dependency_fails_and_recovers(demo: subprocess.Popen[str]) -> None:
    """The database is up, goes down, is up again, and everything ends by itself."""
    output, _ = demo.communicate(timeout=60)

    seen = re.findall(r"orders-db +postgres +\S+ +(up|DOWN) +(\w+)", output)
    assert [health for health, _ in seen][:1] == ["up"]
    assert "DOWN" in [health for health, _ in seen]
    assert seen[-1] == ("up", "ok")
    assert re.search(r"http://127.0.0.1:\d+/metrics", output)
    assert re.search(r"http://127.0.0.1:\d+/health/dependencies", output)
    assert demo.returncode == 0, output


def test_interrupt_ends_all_of_it(demo: subprocess.Popen[str]) -> None:
    """Ctrl-C in the middle of it ends every server, without a traceback."""
    assert demo.stdout is not None
    for line in demo.stdout:
        if "orders-db" in line:
            break
    servers = psutil.Process(demo.pid).children(recursive=True)
    assert servers
    demo.send_signal(signal.SIGINT)
    output, _ = demo.communicate(timeout=20)

    assert demo.returncode == 0, output
    assert "Traceback" not in output
    _, alive = psutil.wait_procs(servers, timeout=5)
    assert not alive
