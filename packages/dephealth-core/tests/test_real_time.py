"""Twenty intervals on a real clock, once for all tests of this file."""

from __future__ import annotations

import asyncio
import statistics
import time
from itertools import pairwise

import pytest

from dephealth import Dependency, Endpoint

from ._fakes import Scripted, Stubborn, dependency, hang
from ._started import Started

INTERVALS = 20
BEGIN_AND_END = 5
"""Starts of which the median is taken, so that one that is late on a busy machine is no drift."""


class Observed:
    """What the twenty intervals brought."""

    def __init__(self) -> None:
        self.steady = Scripted(0.5)
        self.hanging = Scripted(hang)
        self.never_ends = Stubborn()
        self.stubborn = Scripted(self.never_ends)
        self.many = [Scripted() for _ in range(200)]
        self.it = Started(
            dependency(self.steady, "steady", interval=1, timeout=0.9),
            _at("hanging", self.hanging, interval=1.25, timeout=0.3),
            _at("stubborn", self.stubborn, interval=2, timeout=0.5),
            *(_at(f"db-{n}", one, interval=1.5, timeout=1) for n, one in enumerate(self.many)),
        )

    async def observe(self) -> None:
        await self.it.health.start()
        await asyncio.wait_for(self.it.exporter.until(INTERVALS + 1, "steady"), INTERVALS + 5)
        before = time.monotonic()
        await self.it.health.stop()
        self.stopped_after = time.monotonic() - before
        self.never_ends.released.set()


def _at(name: str, checker: Scripted, **policy: float) -> Dependency:
    where = [Endpoint(f"{name}.svc", "1")]
    return dependency(checker, name, endpoints=where, labels=None, **policy)


@pytest.fixture(scope="module")
def observed() -> Observed:
    found = Observed()
    asyncio.run(found.observe())
    return found


def drift(checker: Scripted, interval: float) -> float:
    """Seconds by which the last starts are off, if the first ones are not."""
    late = [start - number * interval for number, start in enumerate(checker.starts)]
    return statistics.median(late[-BEGIN_AND_END:]) - statistics.median(late[:BEGIN_AND_END])


def test_no_drift(observed: Observed) -> None:
    """Over twenty intervals of 1 s, with checks of 0.5 s, the starts drift by less than 50 ms."""
    assert abs(drift(observed.steady, 1)) < 0.05


def test_timeouts_bring_no_drift(observed: Observed) -> None:
    """Checks that end at their deadline start on time, too."""
    assert abs(drift(observed.hanging, 1.25)) < 0.05


def test_deadline_is_kept(observed: Observed) -> None:
    """A check that hangs is ended within 100 ms of its timeout."""
    pairs = zip(observed.hanging.starts, observed.hanging.ends, strict=False)
    lasted = [end - start for start, end in pairs]

    assert statistics.median(lasted) == pytest.approx(0.3, abs=0.1)


def test_stubborn_check_is_told_on_time(observed: Observed) -> None:
    """A check that ignores its deadline is a timeout within 100 ms of it, and in each interval."""
    told = [at for at, _ in observed.it.exporter.of("stubborn")]
    gaps = [after - before for before, after in pairwise(told)]

    assert told[0] - observed.stubborn.starts[0] == pytest.approx(0.5, abs=0.1)
    assert statistics.median(gaps) == pytest.approx(2, abs=0.1)


def test_spread_on_a_real_clock(observed: Observed) -> None:
    """Two hundred endpoints are checked at two hundred different moments of their interval."""
    phases = sorted(checker.starts[-1] % 1.5 for checker in observed.many)
    gaps = [after - before for before, after in pairwise([*phases, phases[0] + 1.5])]

    assert max(gaps) < 0.1


def test_stop_on_a_real_clock(observed: Observed) -> None:
    """The end comes within the longest timeout and half a second."""
    assert observed.stopped_after < 1 + 0.5
