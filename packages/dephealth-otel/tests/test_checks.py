"""Exported from checks that run."""

from __future__ import annotations

import gc
import weakref

from otel_bench import Bench
from otel_running import Checker, running

from dephealth import Endpoint

HEALTH = "app_dependency_health"


async def passes() -> None:
    """Pass."""


async def refuse() -> None:
    """Fail."""
    raise ConnectionRefusedError


async def test_last_values_stay(bench: Bench) -> None:
    """What was stopped and forgotten still has its last values."""
    async with running(Checker(refuse), bench.exporter) as (health, results):
        await results.come(1)
        gone = weakref.ref(health)
    del health, results
    gc.collect()
    assert gone() is None
    assert bench.values(HEALTH) == {"db.svc": 0}


async def test_second_start_in_one_process(bench: Bench) -> None:
    """A new object takes the place of a stopped one, as test clients do it."""
    for checker, healthy in (Checker(refuse), 0), (Checker(passes), 1):
        async with running(checker, bench.exporter) as (_, results):
            await results.come(1)
            assert bench.values(HEALTH) == {"db.svc": healthy}
    assert bench.counts() == {"db.svc": 2}


async def test_endpoints_come_and_go(bench: Bench) -> None:
    """An endpoint that is added at run time is exported, one that is removed is not any more."""
    async with running(Checker(passes), bench.exporter) as (health, results):
        await results.come(1)
        await health.add_endpoint(
            "orders-db", "fake", True, Endpoint("new.svc", "5432"), Checker(refuse)
        )
        await results.come(1)
        assert bench.values(HEALTH) == {"db.svc": 1, "new.svc": 0}
        await health.remove_endpoint("orders-db", "db.svc", "5432")
        assert bench.values(HEALTH) == {"new.svc": 0}
