"""`dephealth serve` with many dependencies, and many reloads."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import psutil
import pytest
from cli_files import Write
from cli_serving import Serving, serving

MANY = 200
RELOADS = 200
LONG = 6.0
INTERVAL = 1.0
HEAD = """
name = "orders-api"
group = "shop"

[defaults]
interval = "1s"
timeout = "900ms"

[serve]
port = 0
"""


@pytest.fixture(scope="module")
def ports() -> Iterator[list[int]]:
    """Ports that accept connections without anybody accepting them."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(MANY)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
            each.listen(1000)
        yield [each.getsockname()[1] for each in sockets]


def config(ports: list[int], more: str = "") -> str:
    tables = [
        f'[dependencies.db-{port}]\nurl = "tcp://127.0.0.1:{port}"\ncritical = true\n{more}'
        for port in ports
    ]
    return "\n".join([HEAD, *tables])


def counts(daemon: Serving) -> dict[str, float]:
    return daemon.samples("app_dependency_latency_seconds_count")


def test_reload_under_load(write: Write, ports: list[int]) -> None:
    """Two hundred dependencies are checked on time, and are all up, while the file is reloaded."""
    stay = ports[:-10]
    with serving("-c", write(config(ports))) as daemon:
        daemon.wait_until_checked(MANY)
        first, since = counts(daemon), time.monotonic()
        turn = 0
        while time.monotonic() - since < LONG or turn % 2:
            turn += 1
            write(config(stay if turn % 2 else ports))
            daemon.hang_up()
            names = {f"db-{port}" for port in stay}
            healthy = daemon.samples("app_dependency_health")
            assert names <= healthy.keys()
            assert set(healthy.values()) == {1.0}
        lowest = int((time.monotonic() - since) / INTERVAL) - 1
        last = counts(daemon)
        assert lowest >= 4
        assert {last[f"db-{port}"] - first[f"db-{port}"] >= lowest for port in stay} == {True}
        daemon.wait_until_checked(MANY)
        assert counts(daemon).keys() == {f"db-{port}" for port in ports}


def test_interrupted_by_reloads_only(write: Write, ports: list[int]) -> None:
    """Signals that come faster than the file can be read are one reload, and none harms."""
    with serving("-c", write(config(ports))) as daemon:
        daemon.wait_until_checked(MANY)
        for _ in range(100):
            daemon.process.send_signal(signal.SIGHUP)
        daemon.hang_up()
        assert set(daemon.samples("app_dependency_health").values()) == {1.0}
        assert daemon.stop() == 0


def test_reloads_leak_nothing(write: Write, ports: list[int]) -> None:
    """After two hundred reloads there is no more of anything than after fifty."""
    ten = ports[:10]
    variants = [
        config(ten),
        config(ten[:5], 'labels = { role = "primary" }\n'),
        config(ten, "failure_threshold = 2\n").replace("tcp://", "http://"),
        "broken = [",
    ]
    with serving("-c", write(config(ten))) as daemon:
        process = psutil.Process(daemon.process.pid)
        for turn in range(RELOADS):
            write(variants[turn % len(variants)])
            daemon.hang_up()
            if turn == RELOADS // 4:
                before = process.num_fds(), process.num_threads(), process.memory_info().rss
        write(config(ten))
        daemon.hang_up()
        daemon.wait_until_checked(10)
        assert len(counts(daemon)) == 10
        daemon.wait_until(lambda: process.num_fds() <= before[0] + 10)
        assert process.num_threads() <= before[1] + 1
        assert process.memory_info().rss - before[2] < 4_000_000
