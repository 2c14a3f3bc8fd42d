"""The drawing of the last checks."""

from __future__ import annotations

import re

import pytest

from dephealth import RecentCheck
from dephealth_web._sparkline import sparkline


def passed(*latencies: float) -> list[RecentCheck]:
    return [RecentCheck(latency, passed=True) for latency in latencies]


def points(drawing: str) -> list[tuple[float, float]]:
    line = re.search(r'class="line" d="([^"]*)"', drawing)
    assert line is not None
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](\d+) ([\d.]+)", line[1])]


def marks(drawing: str) -> list[int]:
    line = re.search(r'class="marks" d="([^"]*)"', drawing)
    assert line is not None
    return [int(x) for x in re.findall(r"M(\d+)", line[1])]


def test_latest_is_at_the_right() -> None:
    """However many checks there are, the latest is at the right edge."""
    assert points(sparkline(passed(1.0)))[-1][0] == 119
    assert [x for x, _ in points(sparkline(passed(*[1.0] * 60)))] == list(range(1, 120, 2))


def test_usual_latency_is_in_the_middle() -> None:
    """A flat line is at half of the height."""
    assert {y for _, y in points(sparkline(passed(0.2, 0.2, 0.2)))} == {11.0}


def test_outlier_is_at_the_top() -> None:
    """The slowest check sets the scale when it is an outlier."""
    assert points(sparkline(passed(0.1, 0.1, 0.1, 0.9)))[-1][1] == 2.0


def test_failed_checks_are_marked() -> None:
    """A failed check is a mark of its own, and a gap in the line."""
    drawing = sparkline([*passed(0.1, 0.1), RecentCheck(5.0, passed=False), *passed(0.1)])

    assert marks(drawing) == [117]
    assert [x for x, _ in points(drawing)] == [113, 115, 119]
    assert drawing.count("h0") == 2


def test_failed_checks_alone() -> None:
    """Checks of which none passed have no line."""
    drawing = sparkline([RecentCheck(5.0, passed=False)] * 3)

    assert (points(drawing), marks(drawing)) == ([], [115, 117, 119])


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        (passed(0.1), "last check: all passed, latency 100 ms to 100 ms"),
        (passed(0.1, 0.002), "last 2 checks: all passed, latency 2.00 ms to 100 ms"),
        (
            [*passed(0.1), RecentCheck(5.0, passed=False)],
            "last 2 checks: 1 failed, latency 100 ms to 100 ms",
        ),
        ([RecentCheck(5.0, passed=False)] * 2, "last 2 checks: 2 failed"),
    ],
)
def test_for_those_who_do_not_see_it(checks: list[RecentCheck], said: str) -> None:
    """A screen reader tells what the drawing shows."""
    assert f'role="img" aria-label="{said}"' in sparkline(checks)
