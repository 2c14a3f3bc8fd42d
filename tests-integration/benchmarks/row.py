"""One line of docs/benchmarks.md."""

from __future__ import annotations

from typing import NamedTuple

from .measure import Ratio


class Row(NamedTuple):
    """What was measured, and what it must not exceed.

    `measured` and `most` are of one unit, which `unit` names; a multiple of
    the bare work has none. `most` is infinite where nothing is asked. `beside`
    tells more for people.
    """

    section: str
    what: str
    measured: float
    most: float
    unit: str = ""
    beside: str = ""

    @property
    def kept(self) -> bool:
        """Whether the bound holds."""
        return self.measured <= self.most


def ratio_row(section: str, what: str, bare: str, ratio: Ratio, most: float) -> Row:
    """The row of a check beside bare work."""
    beside = (
        f"{ratio.low:.2f} to {ratio.high:.2f}; "
        f"{ratio.ours * 1e6:.0f} µs beside {ratio.bare * 1e6:.0f} µs of {bare}"
    )
    return Row(section, what, ratio.median, most, beside=beside)
