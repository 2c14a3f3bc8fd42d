"""Endpoints that come and go while the checks run."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from dephealth import (
    ConfigurationError,
    Endpoint,
)

from ._fakes import BOUND, Closing, Recorder, Scripted, Stubborn, dependency, hang
from ._started import started, tasks_left

NEW = Endpoint("new.svc", "2")


async def test_added_endpoint_is_checked() -> None:
    """An endpoint that is added at run time is checked at once."""
    async with started() as it:
        await it.health.add_endpoint("db", "tcp", True, NEW, Scripted())
        await it.until()

        assert it.health.health() == {"db": True}


async def test_adding_twice() -> None:
    """Adding an endpoint that is checked already does nothing."""
    first, second = Scripted(), Scripted()
    async with started() as it:
        await it.health.add_endpoint("db", "tcp", True, NEW, first)
        await it.until()
        await it.health.add_endpoint("db", "tcp", True, NEW, second)

        assert (len(it.exporter.added), second.starts) == (1, [])


async def test_added_endpoint_takes_the_policy() -> None:
    """An endpoint of a known dependency has that dependency's parameters and labels."""
    spec = dependency(Scripted(), labels={"tier": "gold"}, interval=1, timeout=0.2)
    async with started(spec) as it:
        await it.until()
        await it.health.add_endpoint("db", "tcp", True, NEW, Scripted(hang))
        await it.until(2)
        status = it.health.health_details()["db:new.svc:2"]

    assert status.latency == pytest.approx(0.2, abs=0.1)
    assert status.labels == {"tier": "gold"}


@pytest.mark.parametrize(
    ("type", "critical", "message"),
    [
        ("redis", True, "dependency 'db': type is 'redis', but was declared as 'tcp'"),
        ("tcp", False, "dependency 'db': critical is False, but was declared as True"),
    ],
)
async def test_added_endpoint_that_contradicts(type: str, critical: bool, message: str) -> None:
    """Type and criticality are those of the dependency."""
    async with started(dependency(Scripted())) as it:
        with pytest.raises(ConfigurationError, match=f"^{message}$"):
            await it.health.add_endpoint("db", type, critical, NEW, Scripted())

        assert list(it.health.health_details()) == ["db:db.svc:1"]


@pytest.mark.parametrize(
    ("name", "type", "endpoint", "checker"),
    [
        ("no name", "tcp", NEW, Scripted()),
        ("db", "No Type", NEW, Scripted()),
        ("db", "tcp", "new.svc:2", Scripted()),
        ("db", "tcp", NEW, object()),
    ],
    ids=["name", "type", "endpoint", "checker"],
)
async def test_added_endpoint_that_cannot_be(
    name: str, type: str, endpoint: Endpoint, checker: Scripted
) -> None:
    """The rules of a declaration hold at run time, too."""
    async with started() as it:
        with pytest.raises(ConfigurationError):
            await it.health.add_endpoint(name, type, True, endpoint, checker)

        assert it.health.health() == {}


async def test_refused_addition_leaves_nothing() -> None:
    """If an exporter refuses an added endpoint, its dependency is as unknown as before."""
    refusing = Recorder(refuses=lambda target: target.type == "tcp")
    async with started(exporters=[refusing]) as it:
        with pytest.raises(ConfigurationError, match="equal labels"):
            await it.health.add_endpoint("db", "tcp", True, NEW, Scripted())
        await it.health.add_endpoint("db", "redis", False, NEW, Scripted())
        await it.until()

        assert it.health.health() == {"db": True}


async def test_added_name_that_other_tools_refuse() -> None:
    """A name that breaks the rules but is in use is accepted with a warning, once."""
    async with started() as it:
        for endpoint in Endpoint("a", "1"), Endpoint("b", "1"):
            await it.health.add_endpoint("Orders_DB", "tcp", True, endpoint, Scripted())

        (line,) = it.lines.at(logging.WARNING)
        assert "dependency name 'Orders_DB' should match" in line


async def test_removed_endpoint_leaves_no_series() -> None:
    """Exporters are told at once that a removed endpoint is no more."""
    async with started(dependency(Scripted())) as it:
        await it.until()
        await it.health.remove_endpoint("db", "db.svc", "1")

        assert it.exporter.removed == it.exporter.added
        assert (it.health.health(), it.health.health_details()) == ({}, {})


async def test_removed_endpoint_is_not_checked() -> None:
    """No task is left of an endpoint that was removed."""
    async with started(dependency(Scripted(hang))) as it:
        await asyncio.sleep(0)
        await it.health.remove_endpoint("db", "db.svc", "1")

        assert tasks_left() == set()


@pytest.mark.parametrize(
    ("name", "host", "port"),
    [("db", "other", "1"), ("db", "db.svc", "2"), ("cache", "db.svc", "1")],
)
async def test_removing_what_is_not_there(name: str, host: str, port: str) -> None:
    """Removing an endpoint that is not checked does nothing."""
    async with started(dependency(Scripted())) as it:
        await it.health.remove_endpoint(name, host, port)
        await it.health.remove_endpoint(name, host, port)

        assert (list(it.health.health()), it.exporter.removed) == (["db"], [])


async def test_address_in_another_form() -> None:
    """An endpoint is found by any form of its address."""
    async with started(dependency(Scripted(), endpoints=[Endpoint("::1", "80")])) as it:
        await it.health.remove_endpoint("db", "[::1]", "0080")

        assert it.health.health() == {}


async def test_removal_of_a_check_that_hangs() -> None:
    """Removing waits for the check that is under way within its timeout, and says so."""
    stubborn = Stubborn()
    async with started(dependency(Scripted(stubborn)), check_interval=1, timeout=0.2) as it:
        await it.until()
        before = time.monotonic()
        await it.health.remove_endpoint("db", "db.svc", "1")
        stubborn.released.set()

        assert time.monotonic() - before < 0.2 + 0.5
        assert "does not end although it was cancelled" in it.lines.at(logging.ERROR)[-1]


async def test_late_result_of_a_removed_endpoint() -> None:
    """What a check comes to after its endpoint was removed is told to nobody."""
    stubborn = Stubborn(end=ConnectionRefusedError())
    async with started(dependency(Scripted(stubborn)), check_interval=1, timeout=0.2) as it:
        await it.until()
        await it.health.remove_endpoint("db", "db.svc", "1")
        results = len(it.exporter.results)
        stubborn.released.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

        assert (len(it.exporter.results), tasks_left()) == (results, set())


async def test_removal_closes_the_checker() -> None:
    """What a removed endpoint's checker holds is released."""
    checker = Closing()
    async with started(dependency(checker)) as it:
        await it.health.remove_endpoint("db", "db.svc", "1")

        assert checker.closed == 1


async def test_checker_in_use_is_not_closed() -> None:
    """A checker that another endpoint has, too, is released with the last of them."""
    checker = Closing()
    endpoints = [Endpoint("a", "1"), Endpoint("b", "1")]
    async with started(dependency(checker, endpoints=endpoints)) as it:
        await it.health.remove_endpoint("db", "a", "1")
        closed = [checker.closed]
        await it.health.remove_endpoint("db", "b", "1")

    assert [*closed, checker.closed] == [0, 1]


async def test_cancelled_removal_closes_the_checker() -> None:
    """Giving up waiting for a removal changes nothing of it."""
    stubborn = Stubborn()
    checker = Closing(stubborn)
    async with started(dependency(checker)) as it:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(it.health.remove_endpoint("db", "db.svc", "1"), 0.05)
        stubborn.released.set()
        async with asyncio.timeout(BOUND):
            while not checker.closed:
                await asyncio.sleep(0)

        assert it.health.health() == {}


async def test_stop_during_a_removal() -> None:
    """Both end, and no task is left."""

    async def tidy() -> None:
        try:
            await hang()
        finally:
            await asyncio.sleep(0.1)

    async with started(dependency(Scripted(tidy))) as it:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        removing = asyncio.create_task(it.health.remove_endpoint("db", "db.svc", "1"))
        await asyncio.sleep(0)
        await asyncio.wait_for(asyncio.gather(it.health.stop(), removing), BOUND)

        assert tasks_left() == set()


async def test_shared_address_is_told() -> None:
    """Two dependencies at one address are two sets of series, with a warning."""
    async with started(dependency(Scripted())) as it:
        await it.health.add_endpoint("other", "tcp", True, Endpoint("db.svc", "1"), Scripted())

        assert it.lines.at(logging.WARNING) == [
            (
                "dependencies 'db' and 'other' are both at db.svc:1: "
                "tools that draw topology will join them"
            )
        ]


async def test_removed_address_is_no_longer_shared() -> None:
    """An address that was given up may be taken by another dependency."""
    async with started(dependency(Scripted())) as it:
        await it.health.remove_endpoint("db", "db.svc", "1")
        await it.health.add_endpoint("other", "tcp", True, Endpoint("db.svc", "1"), Scripted())

        assert it.lines.at(logging.WARNING) == []
