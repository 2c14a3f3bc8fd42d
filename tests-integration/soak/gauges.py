"""What the service holds, and how punctual it is."""

from __future__ import annotations

import asyncio
import errno
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

STEADY = {"MALLOC_ARENA_MAX": "1"}
"""The environment of a process whose memory is watched.

Else glibc has memory for each of many threads, and thousands of failing checks of kafka and grpc,
which start threads of their own, fill it (docs/checks.md).
"""

_LAG_STEP = 0.02
_LOOKUP_STEP = 0.2
_NUMBERS = re.compile(r"^(\w+):\s+(\d+)", re.MULTILINE)


class Gauges:
    """Read by the service itself.

    Args:
        active: The troubles of now.
    """

    def __init__(self, active: set[str]) -> None:
        self._active = active
        self._late = 0.0
        self._lookup = 0.0

    async def watch_loop(self) -> None:
        """Add up how late the event loop is, until cancelled."""
        while True:
            due = time.monotonic() + _LAG_STEP
            await asyncio.sleep(_LAG_STEP)
            self._late += time.monotonic() - due

    async def watch_lookups(self) -> None:
        """Find out how long the application's own lookups take, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            for host in ("127.0.0.1", "localhost"):
                hogged, begun = "executor" in self._active, time.monotonic()
                with suppress(OSError):  # /etc/hosts cannot be opened without descriptors
                    await loop.getaddrinfo(host, 80)
                # Who keeps the executor busy keeps itself waiting.
                if not (hogged or "executor" in self._active):
                    self._lookup = max(self._lookup, time.monotonic() - begun)
            await asyncio.sleep(_LOOKUP_STEP)

    def read(self) -> dict[str, Any] | None:
        """What there is now; None while nothing can be read.

        `late` is for how long the loop was late since the start, `lookup` the longest lookup since
        the last time.
        """
        try:
            held = held_now()
        except OSError as exc:
            if exc.errno != errno.EMFILE:
                raise
            return None
        lookup, self._lookup = self._lookup, 0.0
        return {"at": time.monotonic(), **held, "late": self._late, "lookup": lookup}


def held_now() -> dict[str, int]:
    """Descriptors, threads, tasks and bytes of memory that this process has.

    The memory without the files in it, such as libraries: of those the kernel
    takes away what it likes.
    """
    status = dict(_NUMBERS.findall(Path("/proc/self/status").read_text()))
    return {
        "descriptors": len([*Path("/proc/self/fd").iterdir()]) - 1,  # not the one that lists them
        "threads": int(status["Threads"]),
        "tasks": len(asyncio.all_tasks()),
        "memory": 1024 * (int(status["RssAnon"]) + int(status["VmSwap"])),
    }
