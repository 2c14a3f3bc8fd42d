"""Whether the machine is kept from running: a virtual one is, by what else its host runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

T = TypeVar("T")

QUIET = 0.002
"""The share of the time for which a machine that counts as undisturbed may be kept."""
_STEAL = 7


class Quietest(NamedTuple):
    """How many runs there were, and the share of the time for which the best one was kept."""

    tries: int
    stolen: float

    def __str__(self) -> str:
        runs = "in the one run" if self.tries == 1 else f"in the quietest of {self.tries} runs"
        return f"{runs}, whose machine was kept from running for {self.stolen:.1%} of the time"


async def quietest(run: Callable[[], Awaitable[T]], tries: int = 3) -> tuple[T, Quietest]:
    """What *run* gives when the machine is disturbed least; once, if it is not disturbed.

    Chosen by the steal time of ``/proc/stat``, never by the result.
    """
    runs: list[tuple[float, T]] = []
    while len(runs) < tries and all(stolen > QUIET for stolen, _ in runs):
        before = ticks()
        result = await run()
        passed = [after - then for after, then in zip(ticks(), before, strict=True)]
        runs.append((passed[_STEAL] / max(1, sum(passed)), result))
    stolen, best = min(runs, key=lambda each: each[0])
    return best, Quietest(len(runs), stolen)


def ticks() -> list[int]:
    """Those of all processors, by what they went to; see proc_stat(5)."""
    return [int(each) for each in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
