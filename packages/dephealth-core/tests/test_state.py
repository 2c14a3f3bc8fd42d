"""The pure functions: what a result changes, and when the next check is due."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from dephealth import CONNECTION_REFUSED, OK, TIMEOUT, CheckPolicy, CheckResult, Outcome
from dephealth._state import UNKNOWN, EndpointState, advance, next_start, place

PATIENT = CheckPolicy(failure_threshold=3, success_threshold=2)


def result(outcome: Outcome, latency: float = 0.1) -> CheckResult:
    return CheckResult(outcome, latency, datetime(2024, 1, 1, tzinfo=UTC))


def verdicts(outcomes: list[Outcome], policy: CheckPolicy = PATIENT) -> list[bool | None]:
    state, found = UNKNOWN, []
    for outcome in outcomes:
        state = advance(state, result(outcome), policy)
        found.append(state.healthy)
    return found


def test_nothing_is_known_at_first() -> None:
    """Before the first result there is no verdict."""
    assert EndpointState(healthy=None, streak=0, last=None) == UNKNOWN


@pytest.mark.parametrize(("outcome", "healthy"), [(OK, True), (TIMEOUT, False)])
def test_first_result_decides(outcome: Outcome, *, healthy: bool) -> None:
    """The first result decides at once, whatever the thresholds."""
    assert verdicts([outcome]) == [healthy]


def test_failure_threshold() -> None:
    """Healthy becomes unhealthy with as many failures in a row as the threshold says."""
    assert verdicts([OK, TIMEOUT, TIMEOUT, TIMEOUT]) == [True, True, True, False]


def test_success_threshold() -> None:
    """Unhealthy becomes healthy with as many successes in a row as the threshold says."""
    assert verdicts([TIMEOUT, OK, OK]) == [False, False, True]


def test_failures_of_several_kinds_count_together() -> None:
    """Failures in a row need not be the same failure."""
    assert verdicts([OK, TIMEOUT, CONNECTION_REFUSED, TIMEOUT])[-1] is False


def test_success_between_failures_begins_the_count_again() -> None:
    """Only failures in a row count."""
    assert verdicts([OK, TIMEOUT, TIMEOUT, OK, TIMEOUT, TIMEOUT]) == [True] * 6


def test_failure_between_successes_begins_the_count_again() -> None:
    """Only successes in a row count."""
    assert verdicts([TIMEOUT, OK, TIMEOUT, OK]) == [False] * 4


def test_first_result_counts_towards_the_threshold() -> None:
    """A first failure and two more are three in a row, so nothing flips back by itself."""
    assert verdicts([TIMEOUT, TIMEOUT, TIMEOUT, OK, OK]) == [False, False, False, False, True]


def test_threshold_of_one_flips_at_once() -> None:
    """By default each result decides."""
    assert verdicts([OK, TIMEOUT, OK], CheckPolicy()) == [True, False, True]


def test_last_result_changes_below_the_threshold() -> None:
    """Status, detail and latency change with every check, also when the verdict stays."""
    healthy = advance(UNKNOWN, result(OK), PATIENT)
    failed = result(CONNECTION_REFUSED, 0.7)

    assert advance(healthy, failed, PATIENT) == EndpointState(True, -1, failed, healthy.since)


def test_since_the_verdict() -> None:
    """The time since which the verdict holds is that of the result that changed it."""
    results = [
        CheckResult(outcome, 0.1, datetime(2024, 1, day, tzinfo=UTC))
        for day, outcome in enumerate([OK, OK, TIMEOUT, CONNECTION_REFUSED, OK], 1)
    ]
    state, since = UNKNOWN, []
    for each in results:
        state = advance(state, each, CheckPolicy())
        since.append(state.since and state.since.day)

    assert since == [1, 1, 3, 3, 5]


@pytest.mark.parametrize("origin", [0.0, 1000.1, 1e6 + 1 / 3])
@pytest.mark.parametrize("interval", [1.0, 15.0, 6.1, 600.0])
def test_due_times_are_whole_intervals_apart(origin: float, interval: float) -> None:
    """A thousand due times, each reckoned from the one before, do not drift."""
    due = origin
    for turn in range(1, 1001):
        due = next_start(origin, interval, due)

        assert due == pytest.approx(origin + turn * interval, abs=1e-9 * origin + 1e-6)


def test_no_interval_grows() -> None:
    """The next check is due after the previous one, and not more than an interval after it."""
    chance = random.Random(1)
    for _ in range(10_000):
        interval = chance.uniform(1, 600)
        previous = chance.uniform(0, 1e6)
        origin = previous + chance.uniform(-1e4, 1e4)
        wait = next_start(origin, interval, previous) - previous

        assert 0 < wait <= interval * (1 + 2e-6)


@pytest.mark.parametrize("endpoints", [1, 2, 3, 10, 97, 100, 2000])
def test_places_spread_evenly(endpoints: int) -> None:
    """However many endpoints there are, no gap is twice as long as in a perfect spread."""
    places = sorted(place(order) for order in range(endpoints))
    gaps = [after - before for before, after in pairwise([*places, places[0] + 1])]

    assert max(gaps) < 2 / endpoints
    assert all(0 <= at < 1 for at in places)


def test_first_place_is_the_start() -> None:
    """A single endpoint's checks are due whole intervals after its first one."""
    assert place(0) == 0.0
