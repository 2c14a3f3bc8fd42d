"""An exporter whose backend fails in ways of its own."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult, MetricsData
from otel_bench import Lines

from dephealth_otel._quiet import QuietExporter

NOTHING = MetricsData([])


class Raising(MetricExporter):
    """Raises at each export."""

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **_: Any
    ) -> MetricExportResult:
        """Raise."""
        raise ValueError("cannot be encoded")

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Nothing is left to do."""
        return True

    def shutdown(self, timeout_millis: float = 30_000, **_: Any) -> None:
        """Nothing is to be ended."""


def test_exporter_that_raises(lines: Lines) -> None:
    """An exception is a failure like any other, told once with its text."""
    quiet = QuietExporter(Raising(), "http://collector:4318")
    results = [quiet.export(NOTHING) for _ in range(3)]
    assert results == [MetricExportResult.FAILURE] * 3
    assert lines.of("dephealth") == [
        "metrics cannot be exported to collector:4318: ValueError: cannot be encoded"
    ]
