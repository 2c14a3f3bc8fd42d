"""What Prometheus asks at each scrape."""

from __future__ import annotations

import threading
from itertools import accumulate

from prometheus_client import Metric
from prometheus_client.registry import Collector

from dephealth import ConfigurationError, EndpointState, Target

from ._families import HEALTH, LATENCY, STATUS, STATUS_DETAIL
from ._series import Reading, Series


class DependencyCollector(Collector):
    """The endpoints that are exported to one registry, by any number of objects.

    Knows no `DependencyHealth`, only targets and their results: one that was
    stopped and forgotten leaves its last values behind.
    """

    def __init__(self) -> None:
        # Guards which endpoints there are; a result goes straight to its series.
        self._lock = threading.Lock()
        self._series: dict[Target, Series] = {}
        self._targets: dict[frozenset[tuple[str, str]], Target] = {}

    def add(self, target: Target) -> None:
        """Expect results of *target*; one with equal labels that was stopped is superseded.

        Raises:
            ConfigurationError: One with equal labels is still being checked.
        """
        series = Series(target)
        key = frozenset(series.labels.items())
        with self._lock:
            other = self._targets.get(key)
            if other is not None:
                if other.running():
                    raise ConfigurationError(_taken(series))
                del self._series[other]
            self._targets[key] = target
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
                del self._targets[frozenset(series.labels.items())]

    def readings(self) -> list[tuple[Series, Reading]]:
        """The endpoints that have a result, and what is to be told of each. From any thread."""
        with self._lock:
            known = list(self._series.values())
        return [(series, reading) for series in known if (reading := series.reading)]

    def describe(self) -> list[Metric]:
        """The four metrics without series: the registry learns their names from it."""
        return [family.empty() for family in (HEALTH, LATENCY, STATUS, STATUS_DETAIL)]

    def collect(self) -> list[Metric]:
        """The four metrics; what they tell of an endpoint is from one and the same moment."""
        health, latency, status, detail = families = self.describe()
        for series, reading in self.readings():
            health.add_sample(HEALTH.name, series.labels, float(reading.healthy))
            totals = list(accumulate(reading.counts))
            for labels, total in zip(series.by_le, totals, strict=True):
                latency.add_sample(f"{LATENCY.name}_bucket", labels, total)
            latency.add_sample(f"{LATENCY.name}_count", series.labels, totals[-1])
            latency.add_sample(f"{LATENCY.name}_sum", series.labels, reading.seconds)
            for each, labels in series.by_status.items():
                status.add_sample(STATUS.name, labels, float(each is reading.outcome.status))
            detail.add_sample(STATUS_DETAIL.name, series.by_detail(reading.outcome.detail), 1.0)
        return families


def _taken(series: Series) -> str:
    labels = ", ".join(f"{name}={value!r}" for name, value in series.labels.items())
    return (
        f"another running DependencyHealth exports the same labels ({labels}): "
        "stop it first, or set another name, group or label, or registry="
    )
