"""Whether something grows: a straight line through many samples, with its uncertainty."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Of Student's distribution, one-sided 99 %, by degrees of freedom; between them the larger holds.
_STUDENT = {
    1: 31.82, 2: 6.965, 3: 4.541, 4: 3.747, 5: 3.365, 6: 3.143, 7: 2.998, 8: 2.896, 9: 2.821,
    10: 2.764, 12: 2.681, 15: 2.602, 20: 2.528, 30: 2.457, 60: 2.390, 120: 2.358,
}  # fmt: skip
FEWEST = 4
"""Samples without which nothing can be said."""


@dataclass(frozen=True)
class Slope:
    """How much something grows for each unit of the other axis.

    The true slope is not below `low`, and not above `high`, with a probability of 99 % each.
    """

    middle: float
    low: float
    high: float


def slope(points: Sequence[tuple[float, float]]) -> Slope:
    """The line of least squares through *points*, of which there are `FEWEST` or more."""
    count = len(points)
    mean_x = math.fsum(x for x, _ in points) / count
    mean_y = math.fsum(y for _, y in points) / count
    spread = math.fsum((x - mean_x) ** 2 for x, _ in points)
    middle = math.fsum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    left = math.fsum((y - mean_y - middle * (x - mean_x)) ** 2 for x, y in points)
    error = math.sqrt(left / (count - 2) / spread)
    room = student(count - 2) * error
    return Slope(middle, middle - room, middle + room)


def student(freedom: int) -> float:
    """The quantile for so many degrees of freedom, or one that is a little larger."""
    return _STUDENT[max(known for known in _STUDENT if known <= freedom)]


def verdict(found: Slope, bound: float) -> str:
    """`flat` if it is sure not to exceed *bound*, `grows` if it is sure to, else `undecided`."""
    if found.low > bound:
        return "grows"
    return "flat" if found.high <= bound else "undecided"
