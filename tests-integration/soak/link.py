"""The service's process, seen from outside."""

from __future__ import annotations

import asyncio
import bisect
import itertools
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from .gauges import STEADY
from .groups import Group

_LINE_LIMIT = 2**24
_BOUND = 60.0
"""Seconds until an answer of the service, or its end, has failed to come."""
# As root: its own /etc/resolv.conf, in a mount namespace of its own.
_WITH_RESOLVER = (
    "unshare", "--mount", "--", "sh", "-c",
    'mount --bind "$1" "$(readlink -f /etc/resolv.conf)" && shift && exec "$@"', "sh",
)  # fmt: skip


class Sight(NamedTuple):
    """One result."""

    at: float
    status: str
    detail: str
    latency: float

    @property
    def begun(self) -> float:
        """When its check began."""
        return self.at - self.latency


Late = Callable[[float, float], float]
"""Seconds for which the loop was late between two moments: time that no check had."""


def lateness(samples: Sequence[dict[str, float]]) -> Late:
    """How late the loop was between two moments, or a little before and after them."""
    times = [sample["at"] for sample in samples]

    def late(begin: float, end: float) -> float:
        if not samples:
            return 0.0
        first = max(0, bisect.bisect_left(times, begin) - 1)
        last = min(len(times) - 1, bisect.bisect_right(times, end))
        return samples[last]["late"] - samples[first]["late"]

    return late


@dataclass
class Link:
    """What the service has told, and the way to give it orders."""

    process: asyncio.subprocess.Process
    sights: dict[str, list[Sight]] = field(default_factory=dict)
    samples: list[dict[str, float]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    stopped: float = 0.0
    stop_seconds: float = 0.0
    clean: float = 0.0
    """When nothing was left of it."""
    started: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _replies: dict[int, asyncio.Future[tuple[float, Any]]] = field(default_factory=dict)

    async def ask(self, do: str, what: str) -> tuple[float, Any]:
        """Give an order; when it was done, and what the service says to it."""
        number = next(self._numbers)
        reply: asyncio.Future[tuple[float, Any]] = asyncio.get_running_loop().create_future()
        self._replies[number] = reply
        self._send({"do": do, "what": what, "id": number})
        async with asyncio.timeout(_BOUND):
            return await reply

    async def stop(self) -> float:
        """Have the service stop; seconds from its being clean to the end of its process."""
        self._send({"do": "stop"})
        async with asyncio.timeout(_BOUND):
            await self.process.wait()
        return time.monotonic() - self.clean

    def forget(self) -> None:
        """Begin anew with what is seen, sampled and complained of."""
        self.sights.clear()
        self.samples.clear()
        self.complaints.clear()

    def _send(self, order: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")

    async def listen(self) -> None:
        """Hear what the service tells, until its end."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self._hear(json.loads(line))
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(RuntimeError("the service has ended"))

    def _hear(self, message: dict[str, Any]) -> None:
        match message:
            case {"sights": sights}:
                for name, *sight in sights:
                    self.sights.setdefault(name, []).append(Sight(*sight))
            case {"sample": sample}:
                self.samples.append(sample)
            case {"reply": number, "at": at, "evidence": evidence}:
                self._replies.pop(number).set_result((at, evidence))
            case {"complaint": complaint}:
                self.complaints.append(complaint)
            case {"stopped": at, "took": took}:
                self.stopped, self.stop_seconds = at, took
            case {"clean": at}:
                self.clean = at
            case {"started": _}:
                self.started.set()


@asynccontextmanager
async def service(
    groups: Sequence[Group], folder: Path, silent_port: int, name_server: str | None
) -> AsyncIterator[Link]:
    """The service, started; it is killed at the end if it still runs.

    Args:
        folder: Where it logs, and what it writes to its standard error.
        name_server: Who its resolver asks, if not the one of the system.
    """
    told = {
        "groups": [group.plain() for group in groups],
        "log": str(folder / "log"),
        "silent_port": silent_port,
    }
    settings = folder / "settings.json"
    settings.write_text(json.dumps(told))
    command = [sys.executable, "-m", "soak.service", str(settings)]
    if name_server is not None:
        resolver = folder / "resolv.conf"
        resolver.write_text(f"nameserver {name_server}\n")
        command = [*_WITH_RESOLVER, str(resolver), *command]
    with (folder / "stderr").open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            limit=_LINE_LIMIT,
            cwd=Path(__file__).parents[1],
            env=os.environ | STEADY | {"PYTHONUNBUFFERED": "1"},
        )
    link = Link(process)
    listening = asyncio.create_task(link.listen())
    try:
        yield link
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await listening
