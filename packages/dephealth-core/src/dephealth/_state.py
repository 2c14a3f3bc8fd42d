"""What is known about an endpoint, how a result changes it, and when the next one is due."""

from __future__ import annotations

import math
from datetime import datetime
from typing import NamedTuple

from ._outcome import Outcome, Status
from ._policy import CheckPolicy

_GOLDEN = (math.sqrt(5) - 1) / 2


class CheckResult(NamedTuple):
    """One finished check: what it found, how long it took (seconds), when it ended (UTC)."""

    outcome: Outcome
    latency: float
    at: datetime


class EndpointState(NamedTuple):
    """The verdict on an endpoint so far. Never changed in place."""

    healthy: bool | None = None
    streak: int = 0
    """Equal results in a row: above 0 successes, below 0 failures."""
    last: CheckResult | None = None
    since: datetime | None = None
    """When `healthy` became what it is."""


UNKNOWN = EndpointState()


def advance(state: EndpointState, result: CheckResult, policy: CheckPolicy) -> EndpointState:
    """The state after *result*.

    The first result decides at once; after that a change needs as many equal
    results in a row as the policy asks for.
    """
    good = result.outcome.status is Status.OK
    if good:
        streak = max(state.streak, 0) + 1
        enough = streak >= policy.success_threshold
    else:
        streak = min(state.streak, 0) - 1
        enough = -streak >= policy.failure_threshold
    healthy = good if enough or state.healthy is None else state.healthy
    since = state.since if healthy is state.healthy else result.at
    return EndpointState(healthy, streak, result, since)


def place(order: int) -> float:
    """Where in the interval (0 to 1) the *order*-th endpoint's checks start.

    Multiples of the golden ratio stay evenly spread for any number of
    endpoints, so nobody has to move when one comes or goes.
    """
    return order * _GOLDEN % 1.0


def next_start(origin: float, interval: float, previous: float) -> float:
    """The first time after *previous* that is a whole number of intervals from *origin*.

    *previous* is when the last check was due or started, whichever was later.
    So a check's lateness adds no drift, a stall brings no burst of checks, and
    no interval grows.
    """
    turns = math.floor((previous - origin) / interval) + 1
    due = origin + turns * interval
    # A due time is itself such a multiple, give or take the last bit.
    return due if due - previous > interval * 1e-6 else due + interval
