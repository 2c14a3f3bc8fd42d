"""A process that can open nothing more."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import asyncio, os, resource, sys
from dephealth import Endpoint, check_once
from dephealth_grpc import GRPCChecker

async def main(free):
    checker, nowhere = GRPCChecker(), Endpoint("127.0.0.1", "1")
    print((await check_once(checker, nowhere)).outcome.detail)
    most = max(map(int, os.listdir("/proc/self/fd"))) + 32
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    taken = [os.open(os.devnull, os.O_RDONLY)]
    try:
        while True:
            taken.append(os.dup(taken[0]))
    except OSError:
        for _ in range(free):
            os.close(taken.pop())
    print((await check_once(checker, nowhere)).outcome)
    for descriptor in taken:
        os.close(descriptor)
    print((await check_once(checker, nowhere)).outcome.detail)

asyncio.run(main(int(sys.argv[1])))
"""


@pytest.mark.parametrize("free", [0, 1, 5])
def test_process_without_descriptors_lives_on(free: int) -> None:
    """Where gRPC's core would end the process, there is no result."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(free)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["connection_refused", "None", "connection_refused"]
