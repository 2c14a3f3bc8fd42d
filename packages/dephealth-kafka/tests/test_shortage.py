"""A process that can open nothing more."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import asyncio, os, resource, sys
from dephealth import Endpoint, check_once
from dephealth_kafka import KafkaChecker

async def main(free):
    checker, nowhere = KafkaChecker(), Endpoint("127.0.0.1", "1")
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


@pytest.mark.parametrize("free", [0, 1, 3])
def test_process_without_descriptors_has_no_result(free: int) -> None:
    """Where librdkafka would wait for what it cannot open, there is no result."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(free)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["connection_refused", "None", "connection_refused"]
