"""A log event for each change of an endpoint's health."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry._logs import SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs import export as log_export
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from otel_bench import Bench

from dephealth_otel import OtelExporter

# Called so since 1.39.
InMemoryExporter: Any = getattr(log_export, "InMemoryLogRecordExporter", None) or getattr(
    log_export, "InMemoryLogExporter", None
)

LABELS = {
    "name": "orders",
    "group": "shop",
    "dependency": "orders-db",
    "type": "postgres",
    "host": "db.svc",
    "port": "5432",
    "critical": "yes",
}


class Events:
    """An exporter whose events are kept."""

    def __init__(self, bench: Bench) -> None:
        self._logs = InMemoryExporter()
        self.provider = LoggerProvider()
        self.provider.add_log_record_processor(SimpleLogRecordProcessor(self._logs))
        bench.exporter = OtelExporter(meter_provider=bench.provider, logger_provider=self.provider)
        self.bench = bench

    def emitted(self) -> list[Any]:
        """The records so far."""
        return [each.log_record for each in self._logs.get_finished_logs()]

    def changes(self) -> list[tuple[str, str]]:
        """From what to what each of them tells."""
        return [(each.attributes["from"], each.attributes["to"]) for each in self.emitted()]


@pytest.fixture
def events(bench: Bench) -> Iterator[Events]:
    """An exporter whose events are kept."""
    it = Events(bench)
    yield it
    it.provider.shutdown()


def test_change_to_unhealthy(events: Events) -> None:
    """An endpoint that becomes unhealthy is an event with its labels, the reason and the change."""
    target = events.bench.added(labels={"az": "a1"})
    events.bench.tell(target)
    events.bench.tell(target, "unhealthy", "http_503")
    (event,) = events.emitted()
    assert event.event_name == "dependency.health.changed"
    assert event.severity_number is SeverityNumber.ERROR
    assert event.timestamp == 1_893_456_000_000_000_000
    assert dict(event.attributes) == {
        **LABELS,
        "az": "a1",
        "status": "unhealthy",
        "detail": "http_503",
        "from": "healthy",
        "to": "unhealthy",
    }


def test_return_to_healthy(events: Events) -> None:
    """An endpoint that is healthy again is an event that is no error."""
    target = events.bench.added()
    for status in "ok", "timeout", "ok":
        events.bench.tell(target, status)
    assert events.changes() == [("healthy", "unhealthy"), ("unhealthy", "healthy")]
    assert events.emitted()[1].severity_number is SeverityNumber.INFO


def test_no_change(events: Events) -> None:
    """The same verdict again is no event, whatever the reason."""
    target = events.bench.added()
    for status in "timeout", "dns_error", "timeout":
        events.bench.tell(target, status)
    assert events.changes() == [("unknown", "unhealthy")]


def test_healthy_from_the_start(events: Events) -> None:
    """An endpoint that is healthy at its first check is nothing to tell."""
    events.bench.tell(events.bench.added())
    assert events.emitted() == []


def test_label_called_like_the_change(events: Events) -> None:
    """A custom label of the name `from` gives way."""
    events.bench.tell(events.bench.added(labels={"from": "me"}), "timeout")
    assert events.changes() == [("unknown", "unhealthy")]
