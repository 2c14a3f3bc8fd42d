"""The endurance test's own judgement: that it sees what is wrong, and only that."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import islice

import pytest

from soak import schedule
from soak.faults import Event, Expected
from soak.groups import INTERVAL, TIMEOUT, Group
from soak.judge import BOUND, Verdict, disturbed, undisturbed
from soak.link import Sight, lateness
from soak.many import MOST
from soak.many import judged as judged_series
from soak.report import section, text, with_section
from soak.result import BOUNDS, Result
from soak.series import Held, Series
from soak.slopes import slope, student, verdict
from soak.world import LINES

GROUP = Group("db", "postgres", 5432, 1)
FAULT = schedule.Fault(3, "postgres", "refuse", 0.0, 4.0)
BEGUN, OVER = 100.0, 104.0


def sight(at: float, status: str = "ok", latency: float = 0.01) -> Sight:
    """A result; the detail does not matter."""
    return Sight(at, status, status, latency)


def judged(
    *sights: Sight,
    statuses: Sequence[str] = ("connection_error",),
    patience: float = 0.0,
    late: float = 0.0,
) -> Verdict:
    """What is said of *sights* while a fault lasts from `BEGUN` to `OVER`."""
    event = Event(FAULT, {GROUP.name: Expected(frozenset(statuses), patience)})
    event.begun = event.set_in = BEGUN
    event.ending = event.over = OVER
    return disturbed(sights, event, GROUP, lambda _, __: late)


def down(*moments: float, status: str = "connection_error") -> list[Sight]:
    """Failures at *moments*."""
    return [sight(moment, status) for moment in moments]


WELL = [sight(99.5), *down(100.5, 101.5, 102.5, 103.5), sight(104.5), sight(105.5)]


def test_right_from_begin_to_end() -> None:
    """A fault that is seen in time and is over in time is no problem, and both are measured."""
    found = judged(*WELL)
    assert found.problems == []
    assert found.detection == pytest.approx(0.5)
    assert found.recovery == pytest.approx(0.5)


def test_check_under_way() -> None:
    """A check that began before the fault may have come to anything."""
    assert judged(sight(100.2, "timeout", latency=0.8), *WELL[1:]).problems == []


def test_check_under_way_on_a_late_loop() -> None:
    """A check may have begun earlier than its latency says, by as much as the loop was late."""
    sights = [WELL[0], sight(100.2, "ok", latency=0.1), *WELL[1:]]
    assert judged(*sights).problems
    assert judged(*sights, late=0.1).problems == []


@pytest.mark.parametrize(
    ("sights", "problem"),
    [
        ([sight(99.5, "timeout"), *WELL[1:]], "without a fault: timeout"),
        ([*WELL[:2], sight(101.2, "timeout"), *WELL[2:]], "during it: timeout"),
        ([*WELL[:2], sight(101.2), *WELL[2:]], "during it: ok"),
        ([WELL[0], *down(BEGUN + BOUND + 0.1), *WELL[-2:]], "seen after 2.10 s only"),
        ([WELL[0], *WELL[-2:]], "not seen"),
        ([*WELL[:-2], *down(104.5, 105.5), sight(106.5)], "well again after 2.50 s only"),
        ([*WELL[:-2], *down(104.5, 105.5)], "not well again"),
        ([*WELL, sight(106.5, "timeout")], "after it was well again: timeout"),
    ],
)
def test_wrong(sights: Sequence[Sight], problem: str) -> None:
    """Each deviation is named."""
    assert [one for one in judged(*sights).problems if one.startswith(problem)]


def test_fault_that_is_none() -> None:
    """Where a fault must not be seen, being well all the time is right."""
    well = [sight(99.5 + number) for number in range(7)]
    assert judged(*well, statuses=["ok"]).problems == []
    assert judged(*well[:3], sight(102.2, "timeout"), *well[3:], statuses=["ok"]).problems


def test_too_soon() -> None:
    """What is to go unseen for a while is seen too soon without that."""
    assert judged(*WELL, patience=2.0).problems == ["seen after 0.50 s, which is too soon"]


def test_nothing_seen() -> None:
    """An endpoint without a result is a problem without any fault."""
    assert undisturbed([]).problems == ["no result at all"]
    assert undisturbed([sight(1)]).problems == []


def test_lateness_between_two_moments() -> None:
    """The loop's lateness is that of the samples around a window."""
    samples = [{"at": float(at), "late": late} for at, late in enumerate([0.0, 0.1, 0.4, 0.5, 0.9])]
    late = lateness(samples)
    assert late(1.5, 2.5) == pytest.approx(0.4)
    assert late(0.5, 9) == pytest.approx(0.9)
    assert lateness([])(0, 1) == 0


def test_same_seed_same_faults() -> None:
    """A seed tells the whole schedule."""
    first, second = (list(islice(schedule.rounds(7, [*LINES]), 20)) for _ in range(2))
    assert first == second
    assert first != list(islice(schedule.rounds(8, [*LINES]), 20))


def test_every_kind_comes() -> None:
    """Within eight rounds without interruption each server has had every kind of fault."""
    drawn = list(islice(schedule.rounds(7, [*LINES]), 12))
    kinds = {*schedule.SERVER_KINDS, *schedule.PROXY_KINDS}
    for line in LINES:
        assert {fault.kind for faults in drawn for fault in faults if fault.line == line} == kinds
    own = [fault.kind for faults in drawn[:6] for fault in faults if fault.line == schedule.PROCESS]
    assert sorted(own) == sorted(schedule.PROCESS_KINDS)


def test_endpoints_are_touched_by_one_fault() -> None:
    """Nothing happens beside a want of descriptors, and no server fails while names do."""
    for faults in islice(schedule.rounds(7, [*LINES]), 60):
        kinds = {fault.kind for fault in faults}
        assert schedule.EXCLUSIVE not in kinds or len(faults) == 1
        assert schedule.BY_NAME not in kinds or kinds.isdisjoint(schedule.SERVER_KINDS)


def test_faults_last_until_they_must_be_seen() -> None:
    """Each lasts longer than interval and timeout."""
    for faults in islice(schedule.rounds(7, [*LINES]), 60):
        assert all(fault.hold > INTERVAL + TIMEOUT for fault in faults)


def test_kind_that_cannot_be_had() -> None:
    """What does not work here does not happen."""
    drawn = islice(schedule.rounds(7, [*LINES], without=["dns"]), 30)
    assert not [fault for faults in drawn for fault in faults if fault.kind == "dns"]


def test_slope_of_a_line() -> None:
    """Points on a line give its slope, without any doubt."""
    found = slope([(x, 3 + 2 * x) for x in range(10)])
    assert (found.low, found.middle, found.high) == pytest.approx((2, 2, 2))


@pytest.mark.parametrize(("true", "bound", "said"), [(0, 1, "flat"), (3, 1, "grows")])
def test_slope_among_noise(true: float, bound: float, said: str) -> None:
    """Many points tell a slope from none in spite of noise."""
    rng = random.Random(5)
    points = [(x / 10, true * x / 10 + rng.gauss(0, 3)) for x in range(200)]
    assert verdict(slope(points), bound) == said


def test_few_points_decide_nothing() -> None:
    """Noise in few points is neither flat nor growth."""
    assert verdict(slope([(0, 5), (1, 1), (2, 9), (3, 4)]), 0.1) == "undecided"


def test_interval_holds_the_true_slope() -> None:
    """Of a hundred intervals about all hold the slope that the points were made with."""
    rng = random.Random(6)
    held = 0
    for _ in range(100):
        found = slope([(x, x + rng.gauss(0, 1)) for x in range(12)])
        held += found.low <= 1 <= found.high
    assert held >= 94


def test_quantile_between_known_ones() -> None:
    """For degrees of freedom that are not in the table the larger quantile holds."""
    assert student(17) == student(15) > student(20)


@pytest.mark.parametrize(("memory", "said"), [(0.0, "flat"), (3.0 * BOUNDS["memory"], "grows")])
def test_growth_fails_the_run(memory: float, said: str) -> None:
    """A run in which something grows has failed, and its report names what."""
    result = Result(seed=1, minutes=1, rounds=50)
    for number in range(50):
        held = {"descriptors": 40, "threads": 15, "tasks": 74, "memory": 1e8 + memory * number}
        result.quiet.append({"checks": 1000.0 * number, **held})
    result.close()
    assert result.slopes()["memory"][1] == said
    assert [one.split(":")[0] for one in result.failures] == (["memory"] if said == "grows" else [])
    assert "(seed 1)" in text(result) or said == "flat"


def test_what_the_core_remembers_is_no_growth() -> None:
    """Memory that grows in the first rounds only does not count, as it fills what is bounded."""
    result = Result(seed=1, minutes=1, rounds=24)
    for number in range(24):
        held = {"descriptors": 40, "threads": 15, "tasks": 74, "memory": 1e6 * number}
        result.quiet.append({"checks": 1000.0 * number, **held})
    assert "memory" not in result.slopes()
    assert result.slopes()["tasks"][1] == "flat"


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (Result(1, 1, rounds=3, stop_seconds=5), "stop() took 5.00 s"),
        (Result(1, 1, rounds=3, exit_seconds=1.2), "the exit of the interpreter took 1.20 s"),
        (Result(1, 1, rounds=3, lookup=4.9), "a lookup of the application took 4.90 s"),
        (Result(1, 1, rounds=3, busy=[1, 2]), "the machine was too busy in rounds [1, 2]"),
    ],
)
def test_bounds_of_the_end(result: Result, problem: str) -> None:
    """What is measured at the end has its bounds."""
    result.close()
    assert result.failures == [problem]


def held(*, status: str = "ok", growth: float = 0.0, left: str = "") -> Held:
    """What came of 1,000 checks whose process grew by so many bytes."""
    memory = [(number / 20, 1e8 + growth * number / 20) for number in range(1, 21)]
    return Held({status: 1000}, {status: "its reason"}, memory, left)


@pytest.mark.parametrize(
    ("kind", "came", "errors", "problem"),
    [
        ("good", held(), "", None),
        ("good", held(growth=2.0 * MOST[True]), "", "memory grows by 128.0 KB in 1,000 checks"),
        ("good", held(status="timeout"), "", "1000 checks came to timeout: its reason"),
        ("good", held(left="1 more descriptor"), "", "1 more descriptor"),
        ("good", held(), "ResourceWarning", "standard error: ResourceWarning"),
        ("refuse", held(status="connection_error", growth=2.0 * MOST[True]), "", None),
        ("refuse", held(), "", "1000 checks came to ok: its reason"),
        ("login", held(status="auth_error"), "", None),
    ],
)
def test_many_checks(kind: str, came: Held, errors: str, problem: str | None) -> None:
    """Many checks come to what they must, and leave nothing."""
    found = judged_series(Series(GROUP, kind, 1000, 1.0), came, errors).problems
    assert list(found) == ([f"{GROUP.name}, {kind}: {problem}"] if problem else [])


def test_page_keeps_what_others_write() -> None:
    """The section is replaced or added, and the rest of the page stays."""
    new = section(Result(seed=42, minutes=1))
    page = with_section("# Reliability\n\n## Secrets\n\nNone.\n", new)
    assert page.startswith("# Reliability\n\n## Secrets\n\nNone.\n\n## Endurance\n")
    again = with_section("# R\n\n## Endurance\n\nOutdated.\n\n## Secrets\n\nNone.\n", new)
    assert "Outdated" not in again
    assert again.endswith("## Secrets\n\nNone.\n")
    assert "seed 42" in again
