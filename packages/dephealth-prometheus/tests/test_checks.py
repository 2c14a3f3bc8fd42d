"""Exported from checks that run."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Mapping

import pytest
from prometheus_client import CollectorRegistry

from dephealth import ConfigurationError, Dependency, Endpoint, EndpointState, Target
from dephealth.api import DependencyHealth
from dephealth_prometheus import PrometheusExporter

BOUND = 10.0


class Checker:
    """Finds what it was told to."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    async def check(self, endpoint: Endpoint) -> None:
        """Raise the error, if there is one."""
        if self.error is not None:
            raise self.error


class Results:
    """An exporter that lets a test wait for the next result."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Target] = asyncio.Queue()

    def on_added(self, target: Target) -> None:
        """Ignore it."""

    def on_result(self, target: Target, state: EndpointState) -> None:
        """Let one wait end."""
        self.queue.put_nowait(target)

    def on_removed(self, target: Target) -> None:
        """Ignore it."""

    async def come(self, number: int) -> None:
        """Wait for so many results."""
        for _ in range(number):
            await asyncio.wait_for(self.queue.get(), BOUND)


def health(
    registry: CollectorRegistry,
    results: Results,
    *,
    name: str = "orders",
    checker: Checker | None = None,
    hosts: Mapping[str, Mapping[str, str]] | None = None,
) -> DependencyHealth:
    """An object whose one dependency has an endpoint on each of *hosts*, with its labels."""
    endpoints = [Endpoint(host, "1", labels) for host, labels in (hosts or {"db.svc": {}}).items()]
    dependency = Dependency(
        name="orders-db",
        type="fake",
        checker=checker or Checker(),
        endpoints=endpoints,
        critical=True,
    )
    return DependencyHealth(
        name, "shop", dependency, exporters=[PrometheusExporter(registry), results]
    )


def up(registry: CollectorRegistry) -> dict[tuple[str, str], float]:
    """The health of each endpoint, by the object's name and its host."""
    return seen(registry, "app_dependency_health")


def seen(registry: CollectorRegistry, name: str) -> dict[tuple[str, str], float]:
    """The values of one metric, by the object's name and the endpoint's host."""
    return {
        (sample.labels["name"], sample.labels["host"]): sample.value
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == name
    }


@pytest.fixture
def registry() -> CollectorRegistry:
    """An empty registry."""
    return CollectorRegistry()


@pytest.fixture
def results() -> Results:
    """What to wait for results with."""
    return Results()


async def test_nothing_before_the_first_result(
    registry: CollectorRegistry, results: Results
) -> None:
    """An object that has just started exports nothing."""
    dh = health(registry, results)
    await dh.start()
    assert up(registry) == {}
    await dh.stop()


async def test_endpoints(registry: CollectorRegistry, results: Results) -> None:
    """Every endpoint of a dependency has series of its own."""
    dh = health(registry, results, hosts={"a.svc": {}, "b.svc": {"role": "replica"}})
    await dh.start()
    await results.come(2)
    assert up(registry) == {("orders", "a.svc"): 1, ("orders", "b.svc"): 1}
    await dh.stop()


async def test_last_values_stay(registry: CollectorRegistry, results: Results) -> None:
    """What an object found last is exported after it has stopped."""
    checker = Checker()
    checker.error = ConnectionRefusedError()
    dh = health(registry, results, checker=checker)
    await dh.start()
    await results.come(1)
    await dh.stop()
    assert up(registry) == {("orders", "db.svc"): 0}


async def test_removed_endpoint(registry: CollectorRegistry, results: Results) -> None:
    """An endpoint that the service removes is exported no longer."""
    dh = health(registry, results, hosts={"a.svc": {}, "b.svc": {}})
    await dh.start()
    await results.come(2)
    await dh.remove_endpoint("orders-db", "a.svc", "1")
    assert up(registry) == {("orders", "b.svc"): 1}
    await dh.stop()


async def test_updated_endpoint(registry: CollectorRegistry, results: Results) -> None:
    """An endpoint that is replaced by one at the same address begins anew."""
    dh = health(registry, results)
    await dh.start()
    await results.come(1)
    await dh.update_endpoint("orders-db", "db.svc", "1", Endpoint("db.svc", "1"), Checker())
    await results.come(1)
    await dh.stop()
    assert seen(registry, "app_dependency_latency_seconds_count") == {("orders", "db.svc"): 1}


async def test_ten_objects_in_turn(registry: CollectorRegistry, results: Results) -> None:
    """Each of many objects with equal labels supersedes the one that was stopped before."""
    for _ in range(10):
        dh = health(registry, results)
        await dh.start()
        assert up(registry) == {}
        await results.come(1)
        await dh.stop()
    assert sum(len(metric.samples) for metric in registry.collect()) == 21


async def test_two_objects(registry: CollectorRegistry, results: Results) -> None:
    """Two objects of different names run on one registry."""
    first, second = health(registry, results), health(registry, results, name="billing")
    await first.start()
    await second.start()
    await results.come(2)
    assert up(registry) == {("orders", "db.svc"): 1, ("billing", "db.svc"): 1}
    await first.stop()
    await second.stop()


async def test_equal_objects(registry: CollectorRegistry, results: Results) -> None:
    """A second running object with equal labels does not start."""
    first, second = health(registry, results), health(registry, results)
    await first.start()
    with pytest.raises(ConfigurationError, match=r"name='orders'.*host='db\.svc'"):
        await second.start()
    await first.stop()


async def test_object_is_not_kept(registry: CollectorRegistry, results: Results) -> None:
    """An object that was stopped is freed, though its last values stay."""
    dh = health(registry, results)
    await dh.start()
    await results.come(1)
    await dh.stop()
    gone = weakref.ref(dh)
    del dh
    gc.collect()
    assert gone() is None
    assert up(registry) == {("orders", "db.svc"): 1}


def test_background_thread(registry: CollectorRegistry) -> None:
    """Checks in a background thread are exported to a scrape in this one."""
    told = threading.Event()

    class Told(Results):
        def on_result(self, target: Target, state: EndpointState) -> None:
            told.set()

    dh = health(registry, Told())
    dh.start_sync()
    assert told.wait(BOUND)
    assert up(registry) == {("orders", "db.svc"): 1}
    dh.stop_sync()
