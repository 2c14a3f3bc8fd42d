"""Many checks of one group in a process of its own: what they come to, and what they leave."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import math
import sys
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field

from dephealth import Checker, Dependency, check_once
from dephealth_testing import assert_nothing_left

from .declaring import declaration
from .gauges import held_now
from .groups import Group
from .objects import opened

BATCHES = 25
"""After each, what the process holds is read."""
READY = "ready"
"""What the process says when its checks may begin."""
_WARM_UP = 10
"""Batches after which everything has been used."""


@dataclass(frozen=True)
class Series:
    """What a process is told to do.

    Args:
        group: What to check, with as many checks at once as it has copies.
        kind: The fault that lasts meanwhile, or "good".
        checks: How many.
        timeout: Seconds for each.
    """

    group: Group
    kind: str
    checks: int
    timeout: float


@dataclass
class Held:
    """What came of it."""

    found: dict[str, int] = field(default_factory=dict)
    """By status."""
    reasons: dict[str, str] = field(default_factory=dict)
    """Of each status, that of the first check."""
    memory: list[tuple[float, float]] = field(default_factory=list)
    """Thousands of checks, and bytes, after each batch since all has been used."""
    left: str = ""
    """What those checks have left behind: descriptors, threads, tasks."""


async def run(series: Series) -> Held:
    """Check as often as told."""
    result = Held()
    # The pool itself tells that it cannot keep its connections.
    logging.getLogger("asyncpg").addHandler(logging.NullHandler())
    async with AsyncExitStack() as stack:
        group = series.group
        given = await stack.enter_async_context(opened(group)) if group.pooled else {}
        dependencies = declaration(group, given)

        async def batch() -> None:
            for _ in range(math.ceil(series.checks / BATCHES / len(dependencies))):
                await asyncio.gather(*map(one, dependencies))

        async def one(dependency: Dependency) -> None:
            check = await check_once(dependency.checker, dependency.endpoints[0], series.timeout)
            status = check.outcome.status.value if check.outcome else "none"
            result.found[status] = result.found.get(status, 0) + 1
            result.reasons.setdefault(status, check.reason)

        print(READY, flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        for _ in range(_WARM_UP):
            await batch()
        try:
            async with assert_nothing_left(within=5.0):
                for _ in range(_WARM_UP, BATCHES):
                    await batch()
                    gc.collect()  # what it would collect at some time is no growth
                    thousands = sum(result.found.values()) / 1000
                    result.memory.append((thousands, held_now()["memory"]))
        except AssertionError as left:
            result.left = str(left)
        for dependency in dependencies:
            if isinstance(dependency.checker, Checker):
                await dependency.checker.aclose()
    return result


if __name__ == "__main__":
    told = json.loads(sys.stdin.readline())
    told["group"] = Group.read(told["group"])
    print(json.dumps(asdict(asyncio.run(run(Series(**told))))))
