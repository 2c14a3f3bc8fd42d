"""What has become of an endpoint lately, for those who ask since when and why."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from ._changes import Changes
from ._snapshot import EndpointStatus


class Change(NamedTuple):
    """From `at` (UTC) on, the checks of an endpoint came to this."""

    at: datetime
    healthy: bool
    """The verdict: with thresholds it stays while `status` changes."""
    status: str
    detail: str


class RecentCheck(NamedTuple):
    """How long one check took (seconds, to seven digits), and whether it passed."""

    latency: float
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointHistory:
    """A copy of what is known about one endpoint and of how it came to that.

    Nothing in it is a secret.
    """

    status: EndpointStatus
    """What `DependencyHealth.health_details` tells."""
    since: datetime | None
    """When `status.healthy` became what it is; None before the first check."""
    failures: int
    """Failed checks in a row, up to now."""
    reason: str
    """Why the last failed check failed, in one line; the text of the log's last line about it."""
    changes: tuple[Change, ...]
    """The last 50 changes of verdict, status or detail, the latest at the end.

    The first check is none.
    """
    recent: tuple[RecentCheck, ...]
    """The last 60 checks since `DependencyHealth.keep_latencies`, the latest at the end."""


def unpacked(changes: Changes) -> tuple[Change, ...]:
    """*changes* for users."""
    return tuple(
        Change(datetime.fromtimestamp(at, UTC), healthy, str(outcome.status), outcome.detail)
        for at, (healthy, outcome) in zip(*changes, strict=True)
    )


def recent_checks(latencies: array[float]) -> tuple[RecentCheck, ...]:
    """*latencies* for users."""
    return tuple(RecentCheck(abs(value), math.copysign(1.0, value) > 0.0) for value in latencies)
