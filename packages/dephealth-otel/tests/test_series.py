"""What is exported of an endpoint, against the contract's page on metrics."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
)
from otel_bench import Bench

from dephealth import EndpointState, Status

LABELS = {
    "name": "orders",
    "group": "shop",
    "dependency": "orders-db",
    "type": "postgres",
    "host": "db.svc",
    "port": "5432",
    "critical": "yes",
    "az": "a1",
}


def latency(bench: Bench) -> HistogramDataPoint:
    """The only stream of the histogram."""
    (point,) = bench.metrics()["app_dependency_latency_seconds"].data.data_points
    assert isinstance(point, HistogramDataPoint)
    return point


def test_names_units_descriptions(bench: Bench) -> None:
    """The four metrics have names, units and descriptions that translate to the contract's."""
    bench.tell(bench.added())
    assert {
        name: (type(metric.data), metric.unit, metric.description)
        for name, metric in bench.metrics().items()
    } == {
        "app_dependency_health": (
            Gauge,
            "",
            "Health status of a dependency (1 = healthy, 0 = unhealthy)",
        ),
        "app_dependency_latency_seconds": (
            Histogram,
            "s",
            "Latency of dependency health check in seconds",
        ),
        "app_dependency_status": (Gauge, "", "Category of the last check result"),
        "app_dependency_status_detail": (Gauge, "", "Detailed reason of the last check result"),
    }


def test_scope_has_no_version(bench: Bench) -> None:
    """The scope tells no version: a backend that makes a label of it would begin new series."""
    bench.tell(bench.added())
    data = bench.reader.get_metrics_data()
    assert data is not None
    scopes = {scope.scope for resource in data.resource_metrics for scope in resource.scope_metrics}
    assert [(scope.name, scope.version) for scope in scopes] == [("dephealth_otel", None)]


def test_attributes(bench: Bench) -> None:
    """Each point has the contract's labels as attributes, with its custom ones."""
    bench.tell(bench.added(labels={"az": "a1"}), "unhealthy", "http_503")
    for name, metric in bench.metrics().items():
        for point in metric.data.data_points:
            own = {"app_dependency_status": {"status"}, "app_dependency_status_detail": {"detail"}}
            attributes = dict(point.attributes or {})
            assert {key for key in attributes if key not in LABELS} == own.get(name, set())
            assert {key: attributes[key] for key in LABELS} == LABELS


def test_not_critical(bench: Bench) -> None:
    """An endpoint that is not critical says no."""
    target = bench.target(critical=False)
    bench.exporter.on_added(target)
    bench.tell(target)
    assert (latency(bench).attributes or {})["critical"] == "no"


def test_nothing_before_the_first_result(bench: Bench) -> None:
    """An endpoint without a result has no series."""
    bench.added()
    assert bench.metrics() == {}


def test_state_without_a_result(bench: Bench) -> None:
    """A state that no check has led to is not exported."""
    bench.exporter.on_result(bench.added(), EndpointState())
    assert bench.metrics() == {}


def test_health(bench: Bench) -> None:
    """The health is the verdict: 1 or 0."""
    up, down = bench.added(host="up.svc"), bench.added(host="down.svc")
    bench.tell(up)
    bench.tell(down, "timeout")
    assert bench.values("app_dependency_health") == {"up.svc": 1, "down.svc": 0}


@pytest.mark.parametrize("status", Status)
def test_one_status_is_set(bench: Bench, status: Status) -> None:
    """Of the eight statuses the last result's alone is 1."""
    target = bench.added()
    bench.tell(target, "unhealthy")
    bench.tell(target, status)
    assert bench.values("app_dependency_status") == {
        str(each): float(each is status) for each in Status
    }


def test_detail_changes(bench: Bench) -> None:
    """A detail that is no longer true has no series."""
    target = bench.added()
    bench.tell(target, "unhealthy", "http_503")
    assert bench.values("app_dependency_status_detail") == {"http_503": 1}
    bench.tell(target, "unhealthy", "http_500")
    assert bench.values("app_dependency_status_detail") == {"http_500": 1}


def test_buckets(bench: Bench) -> None:
    """Each latency counts in the first of the contract's buckets that holds it."""
    target = bench.added()
    for seconds in (0.0, 0.001, 0.0011, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 5.1):
        bench.tell(target, latency=seconds)
    point = latency(bench)
    assert list(point.explicit_bounds) == [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0]
    assert list(point.bucket_counts) == [2, 2, 1, 1, 1, 1, 1, 1, 1]
    assert point.sum == pytest.approx(11.7671)


def test_histogram_is_cumulative(bench: Bench) -> None:
    """The histogram covers every result there was, also after it was read."""
    target = bench.added()
    bench.tell(target)
    assert latency(bench).count == 1
    bench.tell(target, "timeout")
    assert latency(bench).count == 2
    data = bench.metrics()["app_dependency_latency_seconds"].data
    assert isinstance(data, Histogram)
    assert data.aggregation_temporality is AggregationTemporality.CUMULATIVE


def test_custom_label_of_another_endpoint(bench: Bench) -> None:
    """A label that an endpoint does not set is absent, though another one sets it."""
    bench.tell(bench.added(host="a.svc", labels={"az": "a1"}))
    bench.tell(bench.added(host="b.svc"))
    with_label = {
        (point.attributes or {})["host"]
        for metric in bench.metrics().values()
        for point in metric.data.data_points
        if "az" in (point.attributes or {})
    }
    assert with_label == {"a.svc"}
