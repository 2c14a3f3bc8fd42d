"""What a check takes: memory at its peak, and time."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import NamedTuple

from dephealth import Dependency, SingleCheck, check_once

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_SCHEDULING = Path("/proc/thread-self/schedstat")


class Taken(NamedTuple):
    """What one check came to and took."""

    check: SingleCheck
    seconds: float
    """From its begin to its result, less what its thread waited for a processor."""
    kilobytes: int
    """By how much the memory of the process was above that before, at its peak."""


async def measured(dependency: Dependency, timeout: float) -> Taken:
    """Check the one endpoint of *dependency*."""
    _forget_the_peak()
    before = _resident("VmRSS")
    begun = _undisturbed()
    check = await check_once(dependency.checker, dependency.endpoints[0], timeout)
    return Taken(check, _undisturbed() - begun, max(0, _resident("VmHWM") - before))


def _forget_the_peak() -> None:
    _CLEAR.write_text("5")  # proc(5)


def _undisturbed() -> float:
    """Seconds that go by while this thread runs or waits for something, but not for its turn."""
    waited = int(_SCHEDULING.read_text().split()[1]) / 1e9
    return time.perf_counter() - waited


def _resident(which: str) -> int:
    found = re.search(rf"^{which}:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])
