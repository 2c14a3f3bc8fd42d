"""Endpoints that come, go, and take the place of others."""

from __future__ import annotations

import pytest
from otel_bench import Bench

from dephealth import ConfigurationError

GAUGES = ["app_dependency_health", "app_dependency_status", "app_dependency_status_detail"]


def stopped() -> bool:
    """Say that the checks have stopped."""
    return False


def test_removed_endpoint_leaves_no_gauge(bench: Bench) -> None:
    """Of two endpoints the one that is removed has no gauge any more."""
    gone, stays = bench.added(host="a.svc"), bench.added(host="b.svc")
    bench.tell(gone)
    bench.tell(stays)
    bench.exporter.on_removed(gone)
    hosts = {
        name: {(point.attributes or {})["host"] for point in metric.data.data_points}
        for name, metric in bench.metrics().items()
    }
    assert {name: hosts[name] for name in GAUGES} == {name: {"b.svc"} for name in GAUGES}


def test_histogram_of_a_removed_endpoint_stays(bench: Bench) -> None:
    """The SDK cannot drop the latencies of a removed endpoint."""
    gone = bench.added()
    bench.tell(gone)
    bench.exporter.on_removed(gone)
    assert bench.counts() == {"db.svc": 1}


def test_result_after_removal(bench: Bench) -> None:
    """A result that comes too late brings nothing back."""
    target = bench.added()
    bench.exporter.on_removed(target)
    bench.tell(target)
    assert bench.metrics() == {}


def test_removed_endpoint_comes_back(bench: Bench) -> None:
    """An endpoint that is added again after its removal has gauges again."""
    first = bench.added()
    bench.tell(first, "timeout")
    bench.exporter.on_removed(first)
    second = bench.added()
    assert bench.values("app_dependency_health") == {}
    bench.tell(second)
    assert bench.values("app_dependency_health") == {"db.svc": 1}


def test_last_values_stay(bench: Bench) -> None:
    """An endpoint whose checks have stopped keeps its gauges."""
    checks_go_on = True
    target = bench.added(running=lambda: checks_go_on)
    bench.tell(target, "timeout")
    checks_go_on = False
    assert bench.values("app_dependency_health") == {"db.svc": 0}


def test_superseded(bench: Bench) -> None:
    """An endpoint takes the place of a stopped one with equal labels."""
    old = bench.added(running=stopped)
    bench.tell(old, "timeout")
    new = bench.added()
    assert bench.values("app_dependency_health") == {}
    bench.tell(new)
    assert bench.values("app_dependency_health") == {"db.svc": 1}


def test_late_result_of_a_superseded_endpoint(bench: Bench) -> None:
    """A superseded endpoint says nothing any more."""
    old = bench.added(running=stopped)
    bench.tell(bench.added())
    bench.tell(old, "timeout")
    assert bench.values("app_dependency_health") == {"db.svc": 1}
    assert bench.counts() == {"db.svc": 1}


def test_late_removal_of_a_superseded_endpoint(bench: Bench) -> None:
    """The removal of a superseded endpoint does not touch its successor."""
    old = bench.added(running=stopped)
    bench.tell(bench.added())
    bench.exporter.on_removed(old)
    assert bench.values("app_dependency_health") == {"db.svc": 1}
    with pytest.raises(ConfigurationError):
        bench.added()


def test_equal_labels(bench: Bench) -> None:
    """A second running endpoint with equal labels is refused by an error that names them."""
    first = bench.added(labels={"az": "a1"})
    with pytest.raises(ConfigurationError) as refused:
        bench.added(labels={"az": "a1"})
    for label in first.label_values().items():
        assert "{}={!r}".format(*label) in str(refused.value)


def test_one_label_differs(bench: Bench) -> None:
    """Endpoints whose labels differ in one are two."""
    bench.tell(bench.added())
    bench.tell(bench.added(labels={"az": "a1"}))
    assert len(bench.metrics()["app_dependency_health"].data.data_points) == 2
