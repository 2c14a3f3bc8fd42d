"""The series of one endpoint: their labels, and what they say."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Mapping
from typing import NamedTuple

from dephealth import EndpointState, Outcome, Target

BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)
"""Upper bounds of the latency histogram, in seconds (docs/metrics.md)."""

LE = (*map(repr, BUCKETS), "+Inf")
"""The ``le`` label of each bucket."""

_NO_COUNTS = (0,) * len(LE)
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


class Reading(NamedTuple):
    """Everything that the series of an endpoint say at one moment."""

    healthy: bool
    outcome: Outcome
    counts: tuple[int, ...]
    """How many checks fell into each bucket: not cumulative, ``+Inf`` last."""
    seconds: float
    """The sum of their latencies."""


class Series:
    """One endpoint's labels, and its latest reading, None before the first result.

    A reading is replaced as a whole and never changed, so that a scrape in
    another thread sees no half of a result.
    """

    __slots__ = ("process", "reading", "target", "text")

    def __init__(self, target: Target) -> None:
        self.target = target
        self.process = os.getpid()
        """Where it is checked: what the other process has found stays in one that was forked."""
        self.text = label_text(target.label_values())
        """The labels as they stand between the braces of a sample; they never change."""
        self.reading: Reading | None = None

    def record(self, state: EndpointState) -> None:
        """Take in a result. Called for every check, by one thread at a time."""
        last, before = state.last, self.reading
        if last is None:
            return
        counts, seconds = (before.counts, before.seconds) if before else (_NO_COUNTS, 0.0)
        bucket = bisect_left(BUCKETS, last.latency)
        self.reading = Reading(
            bool(state.healthy),
            last.outcome,
            (*counts[:bucket], counts[bucket] + 1, *counts[bucket + 1 :]),
            seconds + last.latency,
        )


def label_text(labels: Mapping[str, str]) -> str:
    """*labels* in the order and with the escapes of prometheus_client."""
    return ",".join(
        f'{name}="{value.translate(_ESCAPES)}"' for name, value in sorted(labels.items())
    )
