"""The application's own pools and clients, given or made by a callable."""

from __future__ import annotations

import asyncio
import logging

import pytest

from dephealth import (
    ConfigurationError,
    Endpoint,
    NotYetError,
)
from dephealth_testing import virtual_time

from ._fakes import Bench, Recorder, dependency
from ._pools import Gives, Pool, PoolChecker, pooled


@virtual_time
async def test_address_is_read_from_the_object() -> None:
    """Without an address of its own, an endpoint is where the object is configured for."""
    async with Bench(pooled(Pool())) as bench:
        await bench.exporter.until(1)

        assert (list(bench.roster.watches), bench.watch.key) == (
            [("db", "pool.svc", "7")],
            "db:pool.svc:7",
        )


@virtual_time
async def test_explicit_address_wins() -> None:
    """An address that is given stands in the labels, whatever the object says."""
    spec = dependency(PoolChecker(pool=Pool()), endpoints=[Endpoint("db.svc", "1")])
    async with Bench(spec) as bench:
        await bench.exporter.until(1)

        assert bench.watch.key == "db:db.svc:1"


@virtual_time
async def test_key_before_the_object_exists() -> None:
    """While a callable gives None the state is unknown, and the key has no address."""
    async with Bench(pooled(lambda: None)) as bench:
        await asyncio.sleep(60)
        status = bench.watch.snapshot()

        assert (bench.watch.key, status.healthy, status.status) == ("db::", None, "unknown")
        assert (status.host, status.port, bench.exporter.added) == ("", "", [])


@virtual_time
async def test_object_that_comes_later() -> None:
    """As soon as there is an object, its endpoint is checked."""
    async with Bench(pooled(Gives(None, None, Pool()))) as bench:
        await bench.exporter.until(1)

        assert (bench.seconds(), bench.watch.key) == ([(2.0, "ok")], "db:pool.svc:7")


@virtual_time
async def test_object_that_goes_again() -> None:
    """None again, or an exception, is an error once the object was there."""
    pool = Pool()
    source = Gives(None, pool, pool, None, LookupError("gone"), pool)
    async with Bench(pooled(source)) as bench:
        await bench.exporter.until(4)

        assert bench.seconds() == [(1.0, "ok"), (11.0, "error"), (21.0, "error"), (31.0, "ok")]


@virtual_time
async def test_absence_is_no_surprise() -> None:
    """That the object is gone is told as a failed check, without a traceback."""
    pool = Pool()
    async with Bench(pooled(Gives(pool, pool, None))) as bench:
        await bench.exporter.until(2)

        assert "Traceback" not in bench.lines.text()
        assert "error/error: " in bench.lines.at(logging.WARNING)[0]
        assert "pool= gives None" in bench.lines.at(logging.WARNING)[0]


@virtual_time
async def test_object_is_asked_for_anew() -> None:
    """Each check is made with the object that the callable gives at that time."""
    pools = [Pool() for _ in range(3)]
    async with Bench(pooled(Gives(Pool(), *pools))) as bench:
        await bench.exporter.until(3)

        assert [pool.asked for pool in pools] == [1, 1, 1]


@virtual_time
async def test_address_stays() -> None:
    """The address is that of the first object, also if a later one is somewhere else."""
    async with Bench(pooled(Gives(Pool(), Pool(), Pool("moved.svc")))) as bench:
        await bench.exporter.until(3)

        assert bench.watch.key == "db:pool.svc:7"


@virtual_time
async def test_callable_beside_an_address() -> None:
    """With an address of its own an endpoint is unknown, too, until the object is there."""
    spec = dependency(PoolChecker(pool=Gives(None, None, Pool())))
    async with Bench(spec) as bench:
        await bench.exporter.until(1)

        assert bench.seconds() == [(2.0, "ok")]


@pytest.mark.parametrize(
    "error", [LookupError("not set up"), SystemExit(), KeyboardInterrupt()], ids=repr
)
def test_callable_that_raises_at_first(error: BaseException) -> None:
    """What the callable raises is logged, and it is asked again."""

    @virtual_time
    async def scenario() -> None:
        async with Bench(pooled(Gives(error, error, Pool()))) as bench:
            await bench.exporter.until(1)

            assert bench.seconds() == [(2.0, "ok")]
            assert type(error).__name__ in bench.lines.at(logging.ERROR)[0]
            assert len(bench.lines.records) == 2

    scenario()


@virtual_time
async def test_callable_that_gives_something_else() -> None:
    """An object of the wrong kind is told, with what would be right."""
    async with Bench(pooled(Gives("redis://h", Pool()))) as bench:
        await bench.exporter.until(1)

        assert "pool= is no Pool: str" in bench.lines.text()


@virtual_time
async def test_two_callables_at_one_address() -> None:
    """Of two objects of a dependency with the same address only the first is checked."""
    specs = [pooled(Gives(None, Pool())), pooled(Gives(Pool()))]
    async with Bench(*specs) as bench:
        await asyncio.sleep(30)

        assert len(bench.exporter.added) == 1
        assert "endpoint pool.svc:7 is checked already" in bench.lines.text()
        assert sorted(watch.key for watch in bench.roster.watches.values()) == [
            "db::",
            "db:pool.svc:7",
        ]


@virtual_time
async def test_refused_address_is_tried_again() -> None:
    """If an exporter refuses the labels, the endpoint stays unknown until it takes them."""
    refusing, pool = Recorder(refuses=lambda _: True), Pool()
    async with Bench(pooled(lambda: pool), exporters=[refusing]) as bench:
        await asyncio.sleep(5.5)
        unknown = bench.watch.key
        refusing.refuses = lambda _: False
        await bench.exporter.until(1)

        assert (unknown, bench.watch.key) == ("db::", "db:pool.svc:7")


@virtual_time
async def test_unplaced_endpoint_can_be_stopped() -> None:
    """An endpoint without an address ends like any other."""
    async with Bench(pooled(lambda: None)) as bench:
        await asyncio.sleep(3)
        await bench.scheduler.end()

        assert bench.watch.active is False


def test_address_of_an_object_is_known_at_once() -> None:
    """An object that exists gives its address when it is declared, before any check."""
    assert [str(endpoint) for endpoint in pooled(Pool()).endpoints] == ["pool.svc:7"]


def test_object_that_is_no_pool() -> None:
    """An object of the wrong kind is refused when it is given."""
    with pytest.raises(ConfigurationError, match="pool= is no Pool: dict"):
        PoolChecker(pool={})


async def test_borrowing_nothing() -> None:
    """To borrow what is not there yet is no failure of the dependency."""
    with pytest.raises(NotYetError, match="pool= gives None"):
        PoolChecker(pool=lambda: None).borrow()
