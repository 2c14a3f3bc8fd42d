"""Everything exported twice to one Prometheus registry."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from otel_bench import Bench, Lines
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest

from dephealth_otel import OtelExporter
from dephealth_prometheus import PrometheusExporter

READERS: dict[str, Callable[[], tuple[CollectorRegistry, PrometheusMetricReader]]] = {
    "default": lambda: (REGISTRY, PrometheusMetricReader())
}
"""A registry and a reader on it; old readers cannot be told which."""
if "registry" in inspect.signature(PrometheusMetricReader).parameters:

    def _on_its_own() -> tuple[CollectorRegistry, PrometheusMetricReader]:
        registry = CollectorRegistry()
        return registry, PrometheusMetricReader(registry=registry)

    READERS["its own"] = _on_its_own


Direct = Callable[[CollectorRegistry, Bench], None]


@dataclass
class Read:
    """An exporter whose provider is read to *registry*."""

    registry: CollectorRegistry
    bench: Bench


@pytest.fixture(params=READERS)
def read(request: pytest.FixtureRequest) -> Iterator[Read]:
    """A reader on either registry."""
    registry, reader = READERS[request.param]()
    provider = MeterProvider([reader])
    exporter = OtelExporter(meter_provider=provider)
    yield Read(registry, Bench(InMemoryMetricReader(), provider, exporter))
    provider.shutdown()


@pytest.fixture
def direct() -> Iterator[Direct]:
    """Export an endpoint both ways, directly to a registry."""
    made: list[tuple[CollectorRegistry, PrometheusExporter]] = []

    def also_directly(registry: CollectorRegistry, bench: Bench) -> None:
        direct = PrometheusExporter(registry)
        made.append((registry, direct))
        target = bench.added(host="twice.svc")
        direct.on_added(target)
        bench.tell(target)
        bench.exporter, exporter = direct, bench.exporter  # type: ignore[assignment]
        bench.tell(target)
        bench.exporter = exporter

    yield also_directly
    for registry, exporter in made:
        registry.unregister(exporter._collector)


def test_same_registry(read: Read, direct: Direct, lines: Lines) -> None:
    """A reader on the registry that dephealth-prometheus exports to is warned of, once."""
    direct(read.registry, read.bench)
    for _ in range(3):
        generate_latest(read.registry)
    (line,) = lines.of("dephealth")
    assert "PrometheusMetricReader" in line
    assert "DEPHEALTH_DISABLE_PLUGINS=otel or =prometheus" in line


def test_registries_of_their_own(read: Read, direct: Direct, lines: Lines) -> None:
    """Two registries are two ways to look, and nothing to warn of."""
    direct(CollectorRegistry(), read.bench)
    generate_latest(read.registry)
    assert lines.of("dephealth") == []


def test_reader_alone(read: Read, lines: Lines) -> None:
    """A reader without dephealth-prometheus is what it should be."""
    read.bench.tell(read.bench.added())
    assert b"app_dependency_health{" in generate_latest(read.registry)
    assert lines.of("dephealth") == []
