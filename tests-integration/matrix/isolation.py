"""A network of its own, from which nothing is reached."""

from __future__ import annotations

import asyncio
import ctypes
import os
import subprocess
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

NO_ROUTE = "192.0.2.1"
"""An address that a router says it cannot reach."""
NO_NETWORK = "198.51.100.1"
"""An address that there is no way to at all. (Both are for documentation: RFC 5737.)"""

_CLONE_NEWNET = 0x40000000


def run_isolated(job: Coroutine[Any, Any, None]) -> None:
    """Run *job* in a thread that has a network namespace of its own (Linux, root only)."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_run, job).result()


def _run(job: Coroutine[Any, Any, None]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET):
        job.close()
        pytest.skip(f"no network namespace: {os.strerror(ctypes.get_errno())}")
    for command in ("link set lo up", f"route add unreachable {NO_ROUTE}"):
        subprocess.run(["ip", *command.split()], check=True)
    asyncio.run(job)
