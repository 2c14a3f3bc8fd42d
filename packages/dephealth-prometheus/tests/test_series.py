"""What is exported of an endpoint, against the contract's page on metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from dephealth import EndpointState, Status

if TYPE_CHECKING:
    from conftest import Bench

EXPOSED = """\
# HELP app_dependency_health Health status of a dependency (1 = healthy, 0 = unhealthy)
# TYPE app_dependency_health gauge
app_dependency_health{LABELS} 0.0
# HELP app_dependency_latency_seconds Latency of dependency health check in seconds
# TYPE app_dependency_latency_seconds histogram
app_dependency_latency_seconds_bucket{LABELS,le="0.001"} 0.0
app_dependency_latency_seconds_bucket{LABELS,le="0.005"} 0.0
app_dependency_latency_seconds_bucket{LABELS,le="0.01"} 0.0
app_dependency_latency_seconds_bucket{LABELS,le="0.05"} 0.0
app_dependency_latency_seconds_bucket{LABELS,le="0.1"} 0.0
app_dependency_latency_seconds_bucket{LABELS,le="0.5"} 1.0
app_dependency_latency_seconds_bucket{LABELS,le="1.0"} 1.0
app_dependency_latency_seconds_bucket{LABELS,le="5.0"} 1.0
app_dependency_latency_seconds_bucket{LABELS,le="+Inf"} 1.0
app_dependency_latency_seconds_count{LABELS} 1.0
app_dependency_latency_seconds_sum{LABELS} 0.25
# HELP app_dependency_status Category of the last check result
# TYPE app_dependency_status gauge
app_dependency_status{LABELS,status="ok"} 0.0
app_dependency_status{LABELS,status="timeout"} 0.0
app_dependency_status{LABELS,status="connection_error"} 1.0
app_dependency_status{LABELS,status="dns_error"} 0.0
app_dependency_status{LABELS,status="auth_error"} 0.0
app_dependency_status{LABELS,status="tls_error"} 0.0
app_dependency_status{LABELS,status="unhealthy"} 0.0
app_dependency_status{LABELS,status="error"} 0.0
# HELP app_dependency_status_detail Detailed reason of the last check result
# TYPE app_dependency_status_detail gauge
app_dependency_status_detail{LABELS,detail="connection_refused"} 1.0
"""


def line_set(text: str) -> set[str]:
    """The lines of an exposition, their labels in alphabetical order."""
    lines = set()
    for line in text.splitlines():
        before, brace, rest = line.partition("{")
        if brace:
            labels, _, value = rest.rpartition("} ")
            lines.add(f"{before}{{{','.join(sorted(labels.split(',')))}}} {value}")
        else:
            lines.add(line)
    return lines


def test_exposition(bench: Bench) -> None:
    """An endpoint is exported as the contract writes it, in 21 series."""
    bench.tell(bench.added(labels={"az": "a1"}), "connection_error")
    labels = (
        'name="orders",group="shop",dependency="orders-db",type="postgres",host="db.svc",'
        'port="5432",critical="yes",az="a1"'
    )
    assert line_set(generate_latest(bench.registry).decode()) == line_set(
        EXPOSED.replace("LABELS", labels)
    )
    assert bench.count() == 21


def test_not_critical(bench: Bench) -> None:
    """An endpoint that is not critical says no."""
    target = bench.target(critical=False)
    bench.exporter.on_added(target)
    bench.tell(target)
    assert b'critical="no"' in generate_latest(bench.registry)


def test_no_series_before_the_first_result(bench: Bench) -> None:
    """An endpoint without a result has no series."""
    bench.added()
    assert bench.count() == 0


def test_state_without_a_result(bench: Bench) -> None:
    """A state that no check has led to is not exported."""
    bench.exporter.on_result(bench.added(), EndpointState())
    assert bench.count() == 0


@pytest.mark.parametrize("status", Status)
def test_one_status_is_set(bench: Bench, status: Status) -> None:
    """Of the eight statuses the last result's alone is 1."""
    target = bench.added()
    bench.tell(target, "unhealthy")
    bench.tell(target, status)
    assert bench.samples("app_dependency_status") == {
        str(each): float(each is status) for each in Status
    }


def test_detail_changes(bench: Bench) -> None:
    """A detail that is no longer true has no series."""
    target = bench.added()
    bench.tell(target, "unhealthy", "http_503")
    assert bench.samples("app_dependency_status_detail") == {"http_503": 1}
    bench.tell(target, "unhealthy", "http_500")
    assert bench.samples("app_dependency_status_detail") == {"http_500": 1}


@pytest.mark.parametrize(
    ("latency", "first"),
    [
        (0.0, "0.001"), (0.001, "0.001"), (0.0011, "0.005"), (0.005, "0.005"), (0.01, "0.01"),
        (0.05, "0.05"), (0.1, "0.1"), (0.5, "0.5"), (1.0, "1.0"), (5.0, "5.0"), (5.1, "+Inf"),
    ],
)  # fmt: skip
def test_bucket(bench: Bench, latency: float, first: str) -> None:
    """A latency counts in the first bucket whose bound it does not exceed."""
    bench.tell(bench.added(), latency=latency)
    counted = [
        sample.labels["le"]
        for metric in bench.registry.collect()
        for sample in metric.samples
        if sample.name.endswith("_bucket") and sample.value
    ]
    assert counted[0] == first


def test_latencies_add_up(bench: Bench) -> None:
    """The histogram covers every result there was."""
    target = bench.added()
    for latency in (0.0005, 0.25, 0.25, 8.0):
        bench.tell(target, "timeout", latency=latency)
    name = "app_dependency_latency_seconds"
    assert bench.samples(f"{name}_sum") == {"db.svc": 8.5005}
    assert bench.samples(f"{name}_count") == {"db.svc": 4}
    buckets = [
        sample.value
        for metric in bench.registry.collect()
        for sample in metric.samples
        if sample.name == f"{name}_bucket"
    ]
    assert buckets == [1, 1, 1, 1, 1, 3, 3, 3, 4]


def test_custom_label_of_another_endpoint(bench: Bench) -> None:
    """A label that an endpoint does not set is absent, though another one sets it."""
    bench.tell(bench.added(host="a.svc", labels={"az": "a1"}))
    bench.tell(bench.added(host="b.svc"))
    with_label = {
        sample.labels["host"]
        for metric in bench.registry.collect()
        for sample in metric.samples
        if "az" in sample.labels
    }
    assert with_label == {"a.svc"}


def test_label_values_are_escaped(bench: Bench) -> None:
    """A label value comes through the exposition unchanged, whatever it is."""
    odd = 'a"b\\c\nd €'
    bench.tell(bench.added(labels={"odd": odd}))
    families = plain(generate_latest(bench.registry).decode())
    assert {sample.labels["odd"] for family in families for sample in family.samples} == {odd}


def test_openmetrics(bench: Bench) -> None:
    """OpenMetrics' own parser, which is strict, reads all series with their types."""
    bench.tell(bench.added(host="a.svc", labels={"az": "a1"}), "unhealthy", "http_503")
    bench.tell(bench.added(host="b.svc"))
    encode, _ = choose_encoder("application/openmetrics-text")
    read: Any = openmetrics  # not typed
    families = {family.name: family for family in read(encode(bench.registry).decode())}
    assert {name: family.type for name, family in families.items()} == {
        "app_dependency_health": "gauge",
        "app_dependency_latency_seconds": "histogram",
        "app_dependency_status": "gauge",
        "app_dependency_status_detail": "gauge",
    }
    assert families["app_dependency_latency_seconds"].unit == "seconds"
    assert sum(len(family.samples) for family in families.values()) == 42


def test_restricted_registry(bench: Bench) -> None:
    """A scrape can ask for some of the names alone."""
    bench.tell(bench.added())
    some = bench.registry.restricted_registry(
        ["app_dependency_health", "app_dependency_latency_seconds_count"]
    )
    names = {sample.name for metric in some.collect() for sample in metric.samples}
    assert names == {"app_dependency_health", "app_dependency_latency_seconds_count"}
