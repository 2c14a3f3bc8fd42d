"""A network of its own, from which nothing is reached."""

from __future__ import annotations

import asyncio
import ctypes
import os
import re
import socket
import subprocess
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

NO_ROUTE = "192.0.2.1"
"""An address that a router says it cannot reach."""
NO_NETWORK = "198.51.100.1"
"""An address that there is no way to at all. (Both are for documentation: RFC 5737.)"""

_OWN = "203.0.113.1/32"
"""This side's address: a machine that has none but loopback takes no other for valid."""
_RESOLV_CONF = Path("/etc/resolv.conf")
_DNS = 53
_CLONE_NEWNET = 0x40000000


def run_isolated(job: Coroutine[Any, Any, None]) -> None:
    """Run *job* in a thread that has a network namespace of its own (Linux, root only)."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_run, job).result()


@contextmanager
def silent_name_servers() -> Iterator[None]:
    """Have this machine's name servers, in such a network, answer no question before the end."""
    named = re.findall(r"^nameserver\s+([0-9.]+)$", _RESOLV_CONF.read_text(), re.MULTILINE)
    with ExitStack() as stack:
        for address in named or ["127.0.0.1"]:
            subprocess.run(["ip", "addr", "replace", f"{address}/32", "dev", "lo"], check=True)
            server = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            server.settimeout(0)
            server.bind((address, _DNS))
            # Or who has asked would wait on, beyond the test.
            stack.callback(_deny_all, server)
        yield


def _deny_all(server: socket.socket) -> None:
    """Answer what was asked: there is no such name (RFC 1035, 4.1.1)."""
    with suppress(BlockingIOError):
        while True:
            asked, sender = server.recvfrom(512)
            server.sendto(asked[:2] + b"\x81\x83" + asked[4:], sender)


def _run(job: Coroutine[Any, Any, None]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET):
        job.close()
        pytest.skip(f"no network namespace: {os.strerror(ctypes.get_errno())}")
    for command in (
        "link set lo up",
        f"addr add {_OWN} dev lo",
        f"route add unreachable {NO_ROUTE}",
    ):
        subprocess.run(["ip", *command.split()], check=True)
    asyncio.run(job)
