"""Endpoints and results made by hand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    HistogramDataPoint,
    InMemoryMetricReader,
    Metric,
    NumberDataPoint,
)

from dephealth import CheckResult, EndpointState, Outcome, Target
from dephealth_otel import OtelExporter


@dataclass
class Bench:
    """An exporter with a provider of its own, and what to tell it."""

    reader: InMemoryMetricReader
    provider: MeterProvider
    exporter: OtelExporter

    def target(
        self,
        *,
        host: str = "db.svc",
        port: str = "5432",
        labels: Mapping[str, str] | None = None,
        running: Callable[[], bool] = lambda: True,
        critical: bool = True,
    ) -> Target:
        """An endpoint that the exporter does not know yet."""
        return Target(
            name="orders",
            group="shop",
            dependency="orders-db",
            type="postgres",
            host=host,
            port=port,
            critical=critical,
            labels=labels or {},
            running=running,
        )

    def added(
        self,
        *,
        host: str = "db.svc",
        labels: Mapping[str, str] | None = None,
        running: Callable[[], bool] = lambda: True,
    ) -> Target:
        """An endpoint that the exporter knows, without a result."""
        target = self.target(host=host, labels=labels, running=running)
        self.exporter.on_added(target)
        return target

    def tell(
        self, target: Target, status: str = "ok", detail: str | None = None, latency: float = 0.25
    ) -> None:
        """Report a result."""
        result = CheckResult(Outcome.of(status, detail), latency, datetime(2030, 1, 1, tzinfo=UTC))
        self.exporter.on_result(target, EndpointState(status == "ok", 1, result))

    def metrics(self) -> dict[str, Metric]:
        """What the provider has to tell now, by name."""
        return metrics(self.reader)

    def values(self, name: str) -> dict[str, float]:
        """The values of a gauge by the one attribute that tells them apart."""
        return values(self.reader, name)

    def counts(self) -> dict[str, int]:
        """How many checks of each host the histogram has."""
        return counts(self.reader)


def metrics(reader: InMemoryMetricReader) -> dict[str, Metric]:
    """What *reader* has to tell now, by name."""
    data = reader.get_metrics_data()
    if data is None:
        return {}
    return {
        metric.name: metric
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def values(reader: InMemoryMetricReader, name: str) -> dict[str, float]:
    """The values of a gauge by the one attribute that tells them apart."""
    known = metrics(reader)
    found: dict[str, float] = {}
    for point in known[name].data.data_points if name in known else ():
        assert isinstance(point, NumberDataPoint)
        attributes = point.attributes or {}
        for key in "status", "detail", "host":
            if key in attributes:
                assert attributes[key] not in found
                found[str(attributes[key])] = point.value
                break
    return found


def counts(reader: InMemoryMetricReader) -> dict[str, int]:
    """How many checks of each host the histogram has."""
    known = metrics(reader)
    found: dict[str, int] = {}
    if "app_dependency_latency_seconds" in known:
        for point in known["app_dependency_latency_seconds"].data.data_points:
            assert isinstance(point, HistogramDataPoint)
            found[str((point.attributes or {})["host"])] = point.count
    return found


class Lines(logging.Handler):
    """What is logged while it is installed."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.records.append(record)

    def of(self, name: str, level: int = logging.WARNING) -> list[str]:
        """The messages of one logger that are at least so grave."""
        return [
            record.getMessage()
            for record in self.records
            if record.name == name and record.levelno >= level
        ]
