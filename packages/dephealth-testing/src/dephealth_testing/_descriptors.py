"""The descriptors that this process has open, and what each of them is."""

from __future__ import annotations

import os
import socket
import stat
import sys
from pathlib import Path
from typing import TypeAlias

_LIST = Path("/proc/self/fd")
_MOST_SCANNED = 4096

Descriptor: TypeAlias = tuple[int, int, int]
"""Number, device and inode: the last two tell it from an earlier one of that number."""


def open_descriptors(folder: Path = _LIST) -> frozenset[Descriptor]:
    """Give the open descriptors: from *folder*, or by trying if there is none."""
    listed = folder.is_dir()
    # With uvloop each loop keeps one of these in reserve, from its first stream on.
    reserve = _identity(Path(os.devnull).stat()) if "uvloop" in sys.modules else None
    numbers = [int(entry.name) for entry in folder.iterdir()] if listed else range(_MOST_SCANNED)
    found = set()
    for number in numbers:
        try:
            status = os.fstat(number)
        except OSError:  # not open, or no more
            continue
        if _identity(status) != reserve:
            found.add((number, *_identity(status)))
    return frozenset(found)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def describe(descriptor: Descriptor) -> str:
    """Say what an open descriptor is: a socket's addresses, a file's path."""
    number = descriptor[0]
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            return _described_socket(number)
        return f"descriptor {number}: {(_LIST / str(number)).readlink()}"
    except OSError:  # no such list here, or closed meanwhile
        return f"descriptor {number}"


def _described_socket(number: int) -> str:
    sock = socket.socket(fileno=number)
    try:
        return f"descriptor {number}: {sock!r}"
    finally:
        sock.detach()
