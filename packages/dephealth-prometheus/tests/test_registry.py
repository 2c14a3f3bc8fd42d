"""Which registry an exporter reports to, and what else is in there."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, Gauge

import dephealth_prometheus
from dephealth import ConfigurationError
from dephealth.api import DependencyHealth
from dephealth_prometheus import PrometheusExporter
from dephealth_prometheus.plugin import SPEC

if TYPE_CHECKING:
    from conftest import Bench


@pytest.fixture
def default_registry() -> Iterator[CollectorRegistry]:
    """The default registry, in the end without what the test has put in."""
    before = set(REGISTRY._collector_to_names)
    yield REGISTRY
    for collector in set(REGISTRY._collector_to_names) - before:
        REGISTRY.unregister(collector)


def test_shared(bench: Bench) -> None:
    """Two exporters to one registry share its metrics."""
    bench.tell(bench.added(host="a.svc"))
    bench.exporter = PrometheusExporter(bench.registry)
    bench.tell(bench.added(host="b.svc"))
    assert bench.samples("app_dependency_health") == {"a.svc": 1, "b.svc": 1}


def test_equal_labels_of_two_exporters(bench: Bench) -> None:
    """Equal labels are refused across the exporters to one registry."""
    bench.added()
    bench.exporter = PrometheusExporter(bench.registry)
    with pytest.raises(ConfigurationError):
        bench.added()


def test_registries_are_apart(bench: Bench) -> None:
    """What is exported to one registry is not in another."""
    bench.tell(bench.added())
    bench.registry = CollectorRegistry()
    bench.exporter = PrometheusExporter(bench.registry)
    bench.added()
    assert bench.count() == 0


def test_default_registry(bench: Bench, default_registry: CollectorRegistry) -> None:
    """Without a registry the default one is exported to."""
    bench.registry, bench.exporter = default_registry, PrometheusExporter()
    bench.tell(bench.added())
    assert bench.samples("app_dependency_health")["db.svc"] == 1


def test_cleared_registry(bench: Bench) -> None:
    """A registry that was cleared, as test suites do, exports again with the next exporter."""
    for collector in list(bench.registry._collector_to_names):
        bench.registry.unregister(collector)
    bench.exporter = PrometheusExporter(bench.registry)
    bench.tell(bench.added())
    assert bench.count() == 21


def test_name_that_is_taken() -> None:
    """A metric of one of our names in the registry is an error that says so."""
    registry = CollectorRegistry()
    Gauge("app_dependency_status", "Somebody else's", registry=registry)
    with pytest.raises(ConfigurationError, match=r"something else.*'app_dependency_status'"):
        PrometheusExporter(registry)


def test_name_that_was_taken() -> None:
    """After the other metric is gone the registry can be used."""
    registry = CollectorRegistry()
    other = Gauge("app_dependency_status", "Somebody else's", registry=registry)
    with pytest.raises(ConfigurationError):
        PrometheusExporter(registry)
    registry.unregister(other)
    PrometheusExporter(registry)
    assert len(list(registry.collect())) == 4


def test_no_registry() -> None:
    """What is no registry is refused by an error that names its class."""
    not_one: Any = "http://prometheus:9090"
    with pytest.raises(ConfigurationError, match=r"CollectorRegistry, not str"):
        PrometheusExporter(not_one)


def test_registry_is_not_kept() -> None:
    """A registry that nobody holds any more is freed, with what it exported."""
    registry = CollectorRegistry()
    exporter = PrometheusExporter(registry)
    registry_gone, collector_gone = weakref.ref(registry), weakref.ref(exporter._collector)
    del registry, exporter
    gc.collect()
    assert registry_gone() is None
    assert collector_gone() is None


def test_option_of_the_object(bench: Bench) -> None:
    """The installed exporter takes registry= of the object, and finds names that are taken."""
    registry = CollectorRegistry()
    Gauge("app_dependency_health", "Somebody else's", registry=registry)
    with pytest.raises(ConfigurationError, match="something else"):
        DependencyHealth("orders", "shop", registry=registry)
    DependencyHealth("orders", "shop", registry=bench.registry)


def test_entry_point() -> None:
    """The package is found as the exporter called prometheus."""
    (point,) = entry_points(group="dephealth.exporters", name="prometheus")
    assert point.load().dephealth_exporters() == [SPEC]
    assert SPEC.name == "prometheus"


def test_plugin_is_light() -> None:
    """The plugin module does not import prometheus_client."""
    code = "import sys, dephealth_prometheus.plugin; sys.exit('prometheus_client' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_unknown_name() -> None:
    """The package has no other names than its own."""
    with pytest.raises(AttributeError, match="no attribute 'Exporter'"):
        dephealth_prometheus.Exporter  # noqa: B018
