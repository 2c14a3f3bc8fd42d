"""The object that a service holds: what it answers, and what it is made of."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from dephealth import ConfigurationError, Endpoint, Target
from dephealth.api import DependencyHealth

from ._fakes import BOUND, Scripted, dependency, hang
from ._started import started


async def test_start_begins_the_checks() -> None:
    """After `start` endpoints are checked."""
    async with started(dependency(Scripted())) as it:
        await it.until()

        assert it.health.health() == {"db": True}


async def test_health_is_false_before_the_first_result() -> None:
    """A dependency that nobody has checked yet is not healthy."""
    async with started(dependency(Scripted(hang))) as it:
        assert it.health.health() == {"db": False}


async def test_one_good_endpoint_is_enough() -> None:
    """A dependency is healthy when at least one of its endpoints is."""
    endpoints = [Endpoint("a", "1"), Endpoint("b", "1")]
    async with started(dependency(Scripted(ValueError(), None), endpoints=endpoints)) as it:
        await it.until(2)

        assert it.health.health() == {"db": True}


async def test_unchecked_endpoint_does_not_count() -> None:
    """An endpoint without a result does not count beside one that has failed."""
    endpoints = [Endpoint("a", "1"), Endpoint("b", "1")]
    async with started(dependency(Scripted(ValueError(), hang), endpoints=endpoints)) as it:
        await it.until(1)

        assert it.health.health() == {"db": False}


async def test_details_before_the_first_result() -> None:
    """An endpoint that nobody has checked yet is listed as unknown."""
    async with started(dependency(Scripted(hang), labels={"shard": "1"})) as it:
        (key, status) = next(iter(it.health.health_details().items()))

        assert key == "db:db.svc:1"
        assert status.to_dict() == {
            "healthy": None,
            "status": "unknown",
            "detail": "unknown",
            "latency_ms": 0.0,
            "type": "tcp",
            "name": "db",
            "host": "db.svc",
            "port": "1",
            "critical": True,
            "last_checked_at": None,
            "labels": {"shard": "1"},
        }


async def test_details_after_a_failure() -> None:
    """Afterwards the details are those of the last check."""
    before = datetime.now(UTC)
    async with started(dependency(Scripted(ConnectionRefusedError()))) as it:
        await it.until()
        status = it.health.health_details()["db:db.svc:1"]

    assert (status.healthy, status.status, status.detail) == (
        False,
        "connection_error",
        "connection_refused",
    )
    assert status.last_checked_at is not None
    assert before <= status.last_checked_at <= datetime.now(UTC)


async def test_details_are_copies() -> None:
    """Changing a snapshot changes nothing inside."""
    async with started(dependency(Scripted(), labels={"shard": "1"})) as it:
        it.health.health_details()["db:db.svc:1"].labels["shard"] = "2"
        it.health.health().clear()

        assert it.health.health_details()["db:db.svc:1"].labels == {"shard": "1"}
        assert it.health.health() == {"db": False}


async def test_reading_from_another_thread() -> None:
    """Both calls may come from any thread, while endpoints come and go."""
    async with started(dependency(Scripted())) as it:
        reading = asyncio.create_task(asyncio.to_thread(_read_often, it.health))
        for number in range(50):
            endpoint = Endpoint("h", str(1 + number))
            await it.health.add_endpoint("more", "tcp", True, endpoint, Scripted())
            await it.health.remove_endpoint("more", "h", str(1 + number))

        assert await asyncio.wait_for(reading, BOUND) == 2000


def _read_often(health: DependencyHealth) -> int:
    return sum(bool(health.health() and health.health_details()) for _ in range(2000))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0, "max_concurrency 0 is less than 1"),
        (True, "max_concurrency must be a whole number"),
        ("5", "max_concurrency must be a whole number"),
    ],
)
def test_max_concurrency_that_cannot_be(value: Any, message: str) -> None:
    """The bound of first checks must be a number that lets some begin."""
    with pytest.raises(ConfigurationError, match=message):
        DependencyHealth("shop", "web", max_concurrency=value, exporters=[])


def test_dependency_that_is_none() -> None:
    """Anything else than what X_check() gives is refused by its kind."""
    with pytest.raises(ConfigurationError, match=r"what X_check\(\) gives, not str"):
        DependencyHealth("shop", "web", "db", exporters=[])  # type: ignore[arg-type]


def test_name_and_group_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not given as an argument is read from the environment."""
    monkeypatch.setenv("DEPHEALTH_NAME", "shop")
    monkeypatch.setenv("DEPHEALTH_GROUP", "web")
    health = DependencyHealth(exporters=[])

    assert (health.name, health.group) == ("shop", "web")


@pytest.mark.parametrize("name", ["", "Shop", "a" * 64])
def test_name_that_cannot_be(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing or invalid name is refused when the object is made."""
    monkeypatch.delenv("DEPHEALTH_NAME", raising=False)
    with pytest.raises(ConfigurationError, match=r"^name "):
        DependencyHealth(name, "web", exporters=[])


async def test_log_instead_of_the_usual_one() -> None:
    """What is to be told goes to the logger that was given."""
    async with started(dependency(Scripted(ConnectionRefusedError()))) as it:
        await it.until()

        assert it.lines.at(logging.ERROR) != []


async def test_labels_of_an_endpoint_win() -> None:
    """An endpoint's own labels stand before those of its dependency, in alphabetical order."""
    endpoint = Endpoint("h", "1", {"b": "own", "a": "own"})
    spec = dependency(Scripted(), endpoints=[endpoint], labels={"b": "all", "c": "all"})
    async with started(spec) as it:
        target: Target = it.exporter.added[0]

        assert list(target.labels.items()) == [("a", "own"), ("b", "own"), ("c", "all")]


def test_label_values() -> None:
    """The labels of a target are those of its series, in the documented order."""
    target = Target("shop", "web", "db", "tcp", "h", "1", False, {"shard": "1"}, lambda: True)

    assert list(target.label_values().items()) == [
        ("name", "shop"),
        ("group", "web"),
        ("dependency", "db"),
        ("type", "tcp"),
        ("host", "h"),
        ("port", "1"),
        ("critical", "no"),
        ("shard", "1"),
    ]


async def test_interval_and_timeout_reach_the_checks() -> None:
    """The parameters of the object hold where a dependency has no other."""
    async with started(
        dependency(Scripted(hang), "own", timeout=0.3),
        dependency(Scripted(hang)),
        check_interval=1,
        timeout=0.1,
    ) as it:
        await it.until()
        await it.until(1, "own")
        found = it.health.health_details()

    assert found["db:db.svc:1"].latency == pytest.approx(0.1, abs=0.1)
    assert found["own:db.svc:1"].latency == pytest.approx(0.3, abs=0.1)
