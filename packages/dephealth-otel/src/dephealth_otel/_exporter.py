"""The exporter."""

from __future__ import annotations

from contextlib import AbstractContextManager

from opentelemetry._logs import LoggerProvider
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import TracerProvider

from dephealth import EnclosingExporter, EndpointState, Target

from ._enclosure import SUPPRESSED, Enclosure
from ._events import HealthEvents
from ._providers import connect
from ._spans import CheckSpans


class OtelExporter(EnclosingExporter):
    """Exports what the checks find to OpenTelemetry (docs/opentelemetry.md).

    Args:
        meter_provider: Where the metrics go. All objects that export to one
            provider share its instruments.
        tracer_provider: Where the spans of `trace` go.
        logger_provider: Where the events go that tell of a change of health.
        trace: Whether each check is a span, under which its driver's own spans
            come. Otherwise instrumented drivers make no spans in checks.

    A provider that is not given is the global one, also if that is set later.
    """

    def __init__(
        self,
        *,
        meter_provider: MeterProvider | None = None,
        tracer_provider: TracerProvider | None = None,
        logger_provider: LoggerProvider | None = None,
        trace: bool = False,
    ) -> None:
        self._board, self._latency = connect(meter_provider)
        self._events = HealthEvents(logger_provider)
        self._spans = CheckSpans(tracer_provider) if trace else None

    def around_check(self, target: Target) -> AbstractContextManager[object]:
        """A span of the check, or a context in which its driver makes none."""
        return Enclosure(SUPPRESSED) if self._spans is None else self._spans.around(target)

    def on_added(self, target: Target) -> None:
        """Expect results of *target*; one with equal labels that was stopped is superseded.

        Raises:
            ConfigurationError: One with equal labels is still being checked.
        """
        self._board.add(target)

    def on_result(self, target: Target, state: EndpointState) -> None:
        """Export *state* from now on."""
        series, last = self._board.find(target), state.last
        if series is None or last is None:
            return
        before, series.state = series.state, state
        self._latency.record(last.latency, series.attributes)
        if self._spans is not None:
            self._spans.record(target, last)
        self._events.changed(series, before, state, last)

    def on_removed(self, target: Target) -> None:
        """Export *target* no longer."""
        self._board.remove(target)
