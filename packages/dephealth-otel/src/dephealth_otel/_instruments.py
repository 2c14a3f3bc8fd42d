"""The instruments of the four metrics on one meter provider (docs/opentelemetry.md)."""

from __future__ import annotations

import threading
from collections.abc import Callable

from opentelemetry.metrics import CallbackOptions, Histogram, MeterProvider, Observation

from ._board import Board, Reading
from ._twice import TwiceWarning

SCOPE = "dephealth_otel"
"""Name of the instrumentation scope. No version: there are backends that make it a label."""

BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)
"""Upper bounds of the latency histogram, in seconds (docs/metrics.md)."""

HEALTH = "app_dependency_health"
LATENCY = "app_dependency_latency_seconds"
STATUS = "app_dependency_status"
STATUS_DETAIL = "app_dependency_status_detail"


def latency_histogram(provider: MeterProvider) -> Histogram:
    """What to record latencies with; the same one each time, if *provider* is like the SDK's."""
    return provider.get_meter(SCOPE).create_histogram(
        LATENCY,
        # Backends that put the unit at the end of a name find it there already.
        unit="s",
        description="Latency of dependency health check in seconds",
        explicit_bucket_boundaries_advisory=BUCKETS,
    )


class Gauges:
    """The three gauges of one provider; they read what the boards have when it collects.

    To be made once for a provider: the callbacks of a second gauge of the same
    name are never called. Both arguments are called at each collection.

    Args:
        boards: Gives the boards to read.
        found: Gives the provider that collects, as far as it is known.
    """

    def __init__(
        self, boards: Callable[[], list[Board]], found: Callable[[], MeterProvider | None]
    ) -> None:
        self._boards = boards
        self._twice = TwiceWarning(found)
        self._moment = _Moment()

    def register(self, provider: MeterProvider) -> None:
        """Make them instruments of *provider*."""
        gauge = provider.get_meter(SCOPE).create_observable_gauge
        # The unit is empty: with "1" a backend would put _ratio at the end of the names.
        gauge(
            HEALTH, [self._health], "", "Health status of a dependency (1 = healthy, 0 = unhealthy)"
        )
        gauge(STATUS, [self._status], "", "Category of the last check result")
        gauge(STATUS_DETAIL, [self._detail], "", "Detailed reason of the last check result")

    def _health(self, _: CallbackOptions) -> list[Observation]:
        self._twice.look(HEALTH)
        readings = self._moment.status = self._moment.detail = self._read()
        return [
            Observation(int(bool(state.healthy)), series.attributes)
            for series, state, _ in readings
        ]

    def _status(self, _: CallbackOptions) -> list[Observation]:
        readings, self._moment.status = self._moment.status, None
        return [
            Observation(int(status is last.outcome.status), attributes)
            for series, _, last in (self._read() if readings is None else readings)
            for status, attributes in series.by_status.items()
        ]

    def _detail(self, _: CallbackOptions) -> list[Observation]:
        readings, self._moment.detail = self._moment.detail, None
        return [
            Observation(1, series.by_detail(last.outcome.detail))
            for series, _, last in (self._read() if readings is None else readings)
        ]

    def _read(self) -> list[Reading]:
        return [reading for board in self._boards() for reading in board.readings()]


class _Moment(threading.local):
    """What the first gauge of a collection has read, for the other two.

    So that they tell of the same results: a reader calls the three one after
    the other in one thread. Where one does not, each reads for itself.
    """

    status: list[Reading] | None = None
    detail: list[Reading] | None = None
