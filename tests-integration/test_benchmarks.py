"""The benchmarks, in short: what has become much slower is seen before it lands."""

from __future__ import annotations

import pytest

from benchmarks import checks, suite
from benchmarks.disturbance import QUIET, quietest
from benchmarks.measure import compared, median_interval, ratio_of
from benchmarks.page import written
from benchmarks.row import Row
from benchmarks.scheduling import lateness, percentile

ROOM = 1.25


@pytest.mark.parametrize("name", [subject.name for subject in checks.SUBJECTS])
def test_check_costs_little_more_than_its_driver(name: str) -> None:
    """A healthy check costs no more than its bound beside the bare driver, and a quarter."""
    for row in suite.run(name, pairs=10, batch_seconds=0.05):
        assert row.measured <= row.most * ROOM, row


def test_library_costs_little_beside_a_bare_loop() -> None:
    """A check that does nothing costs no more than its bound beside a bare loop, and a quarter."""
    for row in suite.run("own-cost", pairs=2, seconds=2):
        assert row.measured <= row.most * ROOM, row


def test_scrape_costs_a_third_of_the_usual() -> None:
    """Rendering a registry costs a fraction of what prometheus_client takes for its own."""
    (row,) = suite.run("scrape", pairs=3)
    assert row.kept, row


def test_opentelemetry_costs_little_beside_a_record() -> None:
    """The OpenTelemetry exporter adds a few microseconds to what a bare record takes."""
    for row in suite.run("otel", rounds=20):
        assert row.kept, row


async def test_work_that_is_twice_as_much_has_the_ratio_two() -> None:
    """The ratio of two calls is that of the CPU time they take."""

    async def work(times: int) -> None:
        sum(number * number for number in range(3000 * times))

    ratio = await compared(lambda: work(2), lambda: work(1), pairs=20, batch_seconds=0.01)
    assert ratio.low <= ratio.median <= ratio.high
    assert ratio.median == pytest.approx(2, rel=0.2)


@pytest.mark.parametrize(
    ("count", "ranks"), [(5, (1, 5)), (6, (1, 6)), (10, (2, 9)), (20, (6, 15)), (40, (14, 27))]
)
def test_interval_of_the_median(count: int, ranks: tuple[float, float]) -> None:
    """The bounds are the order statistics that hold the median in 95 of 100 cases."""
    low, median, high = median_interval(list(range(1, count + 1)))
    assert (low, high) == ranks
    assert median == (count + 1) / 2


def test_ratio_is_that_of_pairs() -> None:
    """A batch is compared with the one beside it, not with the mean of all."""
    assert ratio_of([(2, 1), (20, 10), (200, 100)]).median == 2


async def test_quietest_run_counts() -> None:
    """What the least disturbed run gives is taken; one that is not disturbed is enough."""
    runs = iter(range(3))

    async def run() -> int:
        return next(runs)

    best, chosen = await quietest(run)
    assert best < chosen.tries <= 3
    assert chosen.tries in {1, 3} or chosen.stolen <= QUIET
    assert f"{chosen.stolen:.1%} of the time" in str(chosen)


def test_lateness_is_told_from_the_most_punctual_start() -> None:
    """Starts that are whole intervals apart are not late, others by what they came after that."""
    assert lateness([[5.0, 6.0, 7.25, 8.0]]) == pytest.approx([0, 0, 0.25, 0])


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (99, 10), (100, 10), (1, 1)])
def test_percentile(percent: float, value: float) -> None:
    """So many percent of the values are not greater."""
    assert percentile([*range(1, 11)], percent) == value


def test_page_tells_what_is_missed() -> None:
    """A row whose bound is not kept says by how much."""
    page = written([Row("S", "good", 1.0, 2.0), Row("S", "bad", 3.5, 2.0, "ms", "why")])
    assert "| good | 1 | 2 |  |" in page
    assert "| bad | 3.50 ms | 2 ms | **missed by 1.50 ms**; why |" in page
