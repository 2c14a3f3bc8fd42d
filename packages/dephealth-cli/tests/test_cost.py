"""What a check from the command line costs: it runs every few seconds in many containers."""

from __future__ import annotations

import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from cli_command import PLAIN, environment

from dephealth_testing import ThreadedFaultProxy

ROUNDS = 40
BARE = [sys.executable, "-c", "import asyncio"]
USUAL = 0.065
"""Seconds that `BARE` costs on a machine with nothing else to do."""
ALLOWED_MORE = 0.25


def assert_costs_no_more(
    base: Callable[[], float], ours: Callable[[], float], allowed: float, usual: float
) -> None:
    """Fail unless the least that *ours* costs is at most so much above the least of *base*.

    In turn, and often enough: what else the machine does only ever adds. Where *base* never
    costs as little as the *usual*, everything takes longer by the same factor.
    """
    least, ours_least = math.inf, math.inf
    for _ in range(ROUNDS):
        least, ours_least = min(least, base()), min(ours_least, ours())
        if ours_least - least <= allowed * max(1.0, least / usual):
            return
    pytest.fail(f"{ours_least:.3f} s, and {least:.3f} s without: more than {allowed} s between")


def cpu_seconds(command: list[str]) -> float:
    env = environment()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("scheme", ["tcp", "http"])
def test_cpu_of_a_check(up: ThreadedFaultProxy, scheme: str) -> None:
    """A check by tcp or http costs at most 0.25 s of CPU more than importing asyncio."""
    check = [*PLAIN, "check", f"{scheme}://{up.host}:{up.port}"]
    assert_costs_no_more(lambda: cpu_seconds(BARE), lambda: cpu_seconds(check), ALLOWED_MORE, USUAL)


def test_nothing_heavy_is_imported(up: ThreadedFaultProxy) -> None:
    """A check whose output is no terminal imports neither rich nor any driver of others."""
    code = (
        "import sys\n"
        "from dephealth_cli import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit:\n    print(*sys.modules)"
    )
    url = f"http://{up.host}:{up.port}"
    done = subprocess.run(
        [sys.executable, "-c", code, "check", url],
        env=environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "dephealth_http" in loaded
    heavy = {"rich", "tomllib", "prometheus_client", "dephealth_web", "dephealth_tcp", "httpx"}
    assert not heavy & loaded


def test_time_of_a_check(up: ThreadedFaultProxy) -> None:
    """A check of a healthy server takes less than a second of wall time, as the machine goes."""

    def seconds(command: list[str]) -> float:
        before = time.perf_counter()
        cpu_seconds(command)
        return time.perf_counter() - before

    check = [*PLAIN, "check", f"http://{up.host}:{up.port}"]
    assert_costs_no_more(lambda: seconds(BARE), lambda: seconds(check), 1.0 - USUAL, USUAL)
