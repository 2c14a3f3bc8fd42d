"""What Prometheus asks at each scrape."""

from __future__ import annotations

import os
import threading
from contextvars import ContextVar
from itertools import accumulate

from prometheus_client import Metric
from prometheus_client.registry import Collector

from dephealth import ConfigurationError, EndpointState, Status, Target

from ._families import FAMILIES, HEALTH, LATENCY, STATUS, STATUS_DETAIL
from ._series import LE, Reading, Series

asked: ContextVar[list[DependencyCollector] | None] = ContextVar("asked", default=None)
"""Where collectors put themselves, giving nothing else, whose text is made by `render`."""


class DependencyCollector(Collector):
    """The endpoints that are exported to one registry, by any number of objects.

    Knows no `DependencyHealth`, only targets and their results: one that was
    stopped and forgotten leaves its last values behind.
    """

    def __init__(self) -> None:
        # Guards which endpoints there are; a result goes straight to its series.
        self._lock = threading.Lock()
        self._series: dict[Target, Series] = {}
        self._targets: dict[str, Target] = {}

    def add(self, target: Target) -> None:
        """Expect results of *target*; one with equal labels that was stopped is superseded.

        Raises:
            ConfigurationError: One with equal labels is still being checked.
        """
        series = Series(target)
        with self._lock:
            other = self._targets.get(series.text)
            if other is not None:
                if other.running():
                    raise ConfigurationError(_taken(series))
                del self._series[other]
            self._targets[series.text] = target
            self._series[target] = series

    def record(self, target: Target, state: EndpointState) -> None:
        """Take in a result of *target*, unless it is exported no longer."""
        series = self._series.get(target)
        if series is not None:
            series.record(state)

    def remove(self, target: Target) -> None:
        """Export *target* no longer; nothing if it was superseded."""
        with self._lock:
            series = self._series.pop(target, None)
            if series is not None:
                del self._targets[series.text]

    def readings(self) -> tuple[list[Series], list[Reading | None]]:
        """The endpoints, and beside them what is to be told of each. From any thread.

        Not those of the process that this one was forked from: nobody checks them here.
        Without a pair for each: thousands of new objects have garbage collected.
        """
        here = os.getpid()
        with self._lock:
            known = [series for series in self._series.values() if series.process == here]
        return known, [series.reading for series in known]

    def describe(self) -> list[Metric]:
        """The four metrics without series: the registry learns their names from it."""
        return [family.empty() for family in FAMILIES]

    def collect(self) -> list[Metric]:
        """The four metrics; what they tell of an endpoint is from one and the same moment."""
        if (others := asked.get()) is not None:
            others.append(self)
            return []
        health, latency, status, detail = families = self.describe()
        for series, reading in zip(*self.readings(), strict=True):
            if reading is None:
                continue
            labels = series.target.label_values()
            health.add_sample(HEALTH.name, labels, float(reading.healthy))
            totals = list(accumulate(reading.counts))
            for le, total in zip(LE, totals, strict=True):
                latency.add_sample(f"{LATENCY.name}_bucket", {**labels, "le": le}, total)
            latency.add_sample(f"{LATENCY.name}_count", labels, totals[-1])
            latency.add_sample(f"{LATENCY.name}_sum", labels, reading.seconds)
            found = reading.outcome
            for each in Status:
                status.add_sample(
                    STATUS.name, {**labels, "status": str(each)}, float(each is found.status)
                )
            detail.add_sample(STATUS_DETAIL.name, {**labels, "detail": found.detail}, 1.0)
        return families


def _taken(series: Series) -> str:
    labels = ", ".join(f"{name}={value!r}" for name, value in series.target.label_values().items())
    return (
        f"another running DependencyHealth exports the same labels ({labels}): "
        "stop it first, or set another name, group or label, or registry="
    )
