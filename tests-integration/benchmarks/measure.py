"""Two calls measured side by side, in batches that take turns."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

Call = Callable[[], Awaitable[object]]

_WARM_UP = 10
_SHORTEST = 5
"""Calls in a batch, at least."""


class Ratio(NamedTuple):
    """What one call costs as a multiple of another one: the median of many pairs of batches.

    The true median lies between `low` and `high` with a probability of 95 %.
    The times are medians too, in seconds of CPU of this process for one call.
    """

    median: float
    low: float
    high: float
    ours: float
    bare: float


async def compared(ours: Call, bare: Call, *, pairs: int = 30, batch_seconds: float = 0.1) -> Ratio:
    """What *ours* costs as a multiple of *bare*.

    Args:
        pairs: How many batches of each.
        batch_seconds: About how much CPU time one batch takes.
    """
    for call in (ours, bare):
        await _cpu_seconds(call, _WARM_UP)
    count = max(_SHORTEST, math.ceil(batch_seconds / await _cpu_seconds(bare, _WARM_UP)))
    costs: list[tuple[float, float]] = []
    for number in range(pairs):
        if number % 2:
            one = await _cpu_seconds(ours, count)
            other = await _cpu_seconds(bare, count)
        else:
            other = await _cpu_seconds(bare, count)
            one = await _cpu_seconds(ours, count)
        costs.append((one, other))
    return ratio_of(costs)


def ratio_of(costs: Sequence[tuple[float, float]]) -> Ratio:
    """The ratio of pairs of measurements."""
    low, median, high = median_interval([one / other for one, other in costs])
    return Ratio(
        median,
        low,
        high,
        statistics.median(one for one, _ in costs),
        statistics.median(other for _, other in costs),
    )


def median_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The median of *values* between the bounds of its 95 % interval.

    The bounds are two of the values, found by the binomial distribution: no
    assumption is made about how the values scatter.
    """
    ordered = sorted(values)
    count = len(ordered)
    rank, outside = 0, 0.0
    while True:
        outside += math.comb(count, rank) / 2**count
        if 2 * outside > 0.05 or rank >= (count - 1) // 2:
            break
        rank += 1
    return ordered[max(0, rank - 1)], statistics.median(ordered), ordered[count - max(1, rank)]


async def _cpu_seconds(call: Call, count: int) -> float:
    """CPU time of the process for one *call*, the mean of *count*."""
    gc.collect()
    before = time.process_time()
    for _ in range(count):
        await call()
    return (time.process_time() - before) / count
