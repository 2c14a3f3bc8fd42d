"""Everything exported twice to one Prometheus registry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from otel_bench import Bench, Lines
from prometheus_client import CollectorRegistry, generate_latest

from dephealth_otel import OtelExporter
from dephealth_prometheus import PrometheusExporter


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry of the test's own."""
    return CollectorRegistry()


@pytest.fixture
def read_to(registry: CollectorRegistry) -> Iterator[Bench]:
    """An exporter whose provider is read to *registry*."""
    provider = MeterProvider([PrometheusMetricReader(registry=registry)])
    yield Bench(InMemoryMetricReader(), provider, OtelExporter(meter_provider=provider))
    provider.shutdown()


def also_directly(registry: CollectorRegistry, bench: Bench) -> None:
    """Export an endpoint to *registry* both ways."""
    direct = PrometheusExporter(registry)
    target = bench.added(host="twice.svc")
    direct.on_added(target)
    bench.tell(target)
    bench.exporter, exporter = direct, bench.exporter  # type: ignore[assignment]
    bench.tell(target)
    bench.exporter = exporter


def test_same_registry(registry: CollectorRegistry, read_to: Bench, lines: Lines) -> None:
    """A reader on the registry that dephealth-prometheus exports to is warned of, once."""
    also_directly(registry, read_to)
    for _ in range(3):
        generate_latest(registry)
    (line,) = lines.of("dephealth")
    assert "PrometheusMetricReader" in line
    assert "DEPHEALTH_DISABLE_PLUGINS=otel or =prometheus" in line


def test_registries_of_their_own(read_to: Bench, registry: CollectorRegistry, lines: Lines) -> None:
    """Two registries are two ways to look, and nothing to warn of."""
    also_directly(CollectorRegistry(), read_to)
    generate_latest(registry)
    assert lines.of("dephealth") == []


def test_reader_alone(read_to: Bench, registry: CollectorRegistry, lines: Lines) -> None:
    """A reader without dephealth-prometheus is what it should be."""
    read_to.tell(read_to.added())
    assert b"app_dependency_health{" in generate_latest(registry)
    assert lines.of("dephealth") == []


def test_default_registry(lines: Lines) -> None:
    """A reader that was told no registry is on the default one."""
    from prometheus_client import REGISTRY

    provider = MeterProvider([PrometheusMetricReader()])
    bench = Bench(InMemoryMetricReader(), provider, OtelExporter(meter_provider=provider))
    direct = PrometheusExporter()
    try:
        also_directly(REGISTRY, bench)
        generate_latest()
    finally:
        provider.shutdown()
        REGISTRY.unregister(direct._collector)
    assert len(lines.of("dephealth")) == 1
