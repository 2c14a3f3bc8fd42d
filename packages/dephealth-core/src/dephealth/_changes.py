"""What is kept of the past of an endpoint, packed: each endpoint may have it."""

from __future__ import annotations

from array import array
from typing import NamedTuple

from ._outcome import Outcome
from ._state import CheckResult, EndpointState

MOST_CHANGES = 50
MOST_CHECKS = 60


class Changes(NamedTuple):
    """The last changes: one number and one shared reference each.

    Never changed in place, so that any thread may read it.
    """

    times: array[float]
    verdicts: tuple[tuple[bool, Outcome], ...]

    def and_then(self, healthy: bool, result: CheckResult) -> Changes:
        """These and one more, without those that are too old."""
        verdict = healthy, result.outcome
        # A flapping endpoint has few different ones: each is kept once.
        verdict = next((known for known in self.verdicts if known == verdict), verdict)
        keep = 1 - MOST_CHANGES
        times = self.times[keep:]
        times.append(result.at.timestamp())
        return Changes(times, (*self.verdicts[keep:], verdict))


NO_CHANGES = Changes(array("d"), ())

NO_LATENCIES = array("f")
"""Of the last checks, packed; below zero those of failed ones. Never changed in place."""


def changes_after(changes: Changes, before: EndpointState, after: EndpointState) -> Changes:
    """*changes* and what has changed between two states, if anything has and both are known."""
    old, new = before.last, after.last
    if old is None or new is None or after.healthy is None:
        return changes
    if before.healthy is after.healthy and old.outcome == new.outcome:
        return changes
    return changes.and_then(after.healthy, new)


def latencies_after(latencies: array[float], latency: float, passed: bool) -> array[float]:
    """*latencies* and one more, without those that are too old."""
    kept = latencies[1 - MOST_CHECKS :]
    kept.append(latency if passed else -latency)
    return kept
