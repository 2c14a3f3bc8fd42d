"""Endpoints that come, go, and take the place of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dephealth import ConfigurationError

if TYPE_CHECKING:
    from conftest import Bench


def stopped() -> bool:
    """Say that the checks have stopped."""
    return False


def test_removed_endpoint_leaves_no_series(bench: Bench) -> None:
    """Of two endpoints the one that is removed has no series any more."""
    gone, stays = bench.added(host="a.svc"), bench.added(host="b.svc")
    bench.tell(gone)
    bench.tell(stays)
    bench.exporter.on_removed(gone)
    assert bench.samples("app_dependency_health") == {"b.svc": 1}
    assert bench.count() == 21


def test_result_after_removal(bench: Bench) -> None:
    """A result that comes too late brings nothing back."""
    target = bench.added()
    bench.exporter.on_removed(target)
    bench.tell(target)
    assert bench.count() == 0


def test_removed_endpoint_comes_back(bench: Bench) -> None:
    """An endpoint that is added again after its removal begins anew."""
    first = bench.added()
    bench.tell(first)
    bench.exporter.on_removed(first)
    bench.tell(bench.added())
    assert bench.samples("app_dependency_latency_seconds_count") == {"db.svc": 1}


def test_last_values_stay(bench: Bench) -> None:
    """An endpoint whose checks have stopped keeps its series."""
    checks_go_on = True
    target = bench.added(running=lambda: checks_go_on)
    bench.tell(target, "timeout")
    checks_go_on = False
    assert bench.samples("app_dependency_health") == {"db.svc": 0}
    assert bench.count() == 21


def test_superseded(bench: Bench) -> None:
    """An endpoint takes the place of a stopped one with equal labels."""
    old = bench.added(running=stopped)
    bench.tell(old, "timeout")
    new = bench.added()
    assert bench.count() == 0
    bench.tell(new)
    assert bench.samples("app_dependency_health") == {"db.svc": 1}
    assert bench.count() == 21


def test_late_result_of_a_superseded_endpoint(bench: Bench) -> None:
    """A superseded endpoint says nothing any more."""
    old = bench.added(running=stopped)
    bench.tell(bench.added())
    bench.tell(old, "timeout")
    assert bench.samples("app_dependency_health") == {"db.svc": 1}


def test_late_removal_of_a_superseded_endpoint(bench: Bench) -> None:
    """The removal of a superseded endpoint does not touch its successor."""
    old = bench.added(running=stopped)
    bench.tell(bench.added())
    bench.exporter.on_removed(old)
    assert bench.count() == 21
    with pytest.raises(ConfigurationError):
        bench.added()


def test_equal_labels(bench: Bench) -> None:
    """A second running endpoint with equal labels is refused by an error that names them."""
    first = bench.added(labels={"az": "a1"})
    with pytest.raises(ConfigurationError) as refused:
        bench.added(labels={"az": "a1"})
    for label in first.label_values().items():
        assert "{}={!r}".format(*label) in str(refused.value)


def test_refused_endpoint_does_no_harm(bench: Bench) -> None:
    """The endpoint that was there first goes on being exported."""
    first = bench.added()
    with pytest.raises(ConfigurationError):
        bench.added()
    bench.tell(first)
    assert bench.count() == 21


def test_one_label_differs(bench: Bench) -> None:
    """Endpoints whose labels differ in one are two."""
    bench.tell(bench.added())
    bench.tell(bench.added(labels={"az": "a1"}))
    assert bench.count() == 42
