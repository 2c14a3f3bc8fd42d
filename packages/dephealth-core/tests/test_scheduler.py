"""When endpoints are checked."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from dephealth import Dependency, Endpoint
from dephealth_testing import virtual_time

from ._fakes import Bench, Scripted, Stubborn, dependency, hang
from ._virtual_time import block, now


def many(number: int, checker: Scripted) -> list[Dependency]:
    """Dependencies of one endpoint each."""
    return [dependency(checker, f"db-{order}") for order in range(number)]


@virtual_time
async def test_first_check_comes_at_once() -> None:
    """Without an initial delay the first check begins when the object starts."""
    async with Bench(dependency(Scripted())) as bench:
        await bench.exporter.until(1)

        assert bench.seconds() == [(0.0, "ok")]


@virtual_time
async def test_initial_delay() -> None:
    """The first check waits for the initial delay."""
    async with Bench(dependency(Scripted(), initial_delay=7)) as bench:
        await bench.exporter.until(1)

        assert bench.seconds() == [(7.0, "ok")]


@virtual_time
async def test_unknown_before_the_first_result() -> None:
    """Until its first check has finished an endpoint's state is unknown."""
    async with Bench(dependency(Scripted(1.0))) as bench:
        await asyncio.sleep(0.9)

        assert (bench.watch.snapshot().healthy, bench.exporter.results) == (None, [])


@virtual_time
async def test_interval_is_from_start_to_start() -> None:
    """However long the checks take, they start an interval apart."""
    checker = Scripted(0.1, 1.9, 0.7, 0.3)
    async with Bench(dependency(checker)) as bench:
        await bench.exporter.until(4)

        assert [at - bench.began for at in checker.starts] == pytest.approx([0, 10, 20, 30])


@virtual_time
@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=400)])
async def test_wall_clock_that_jumps(jump: timedelta) -> None:
    """A jump of the time of day changes what results are stamped with, not when checks start."""
    checker = Scripted()
    async with Bench(dependency(checker)) as bench:
        await bench.exporter.until(1)
        bench.wall += jump
        await bench.exporter.until(3)

        assert [at - bench.began for at in checker.starts] == pytest.approx([0, 10, 20])
        assert bench.watch.snapshot().last_checked_at == bench.wall


@virtual_time
async def test_check_that_outlasts_the_interval() -> None:
    """The next check follows at once on one that outlasts the interval, and none is skipped."""
    checker = Scripted(Stubborn(times=2), None)
    async with Bench(dependency(checker, interval=1, timeout=0.9)) as bench:
        await bench.exporter.until(4)

        assert [round(at - bench.began, 6) for at in checker.starts] == [0, 1, 2, 3]


@virtual_time
async def test_long_check_is_followed_at_once() -> None:
    """A check that ignored its end for several intervals brings no burst after it."""
    checker = Scripted(Stubborn(times=5), None)
    async with Bench(dependency(checker, interval=1, timeout=0.9)) as bench:
        await bench.exporter.until(7)

        assert [round(at - bench.began, 2) for at in checker.starts][1:4] == [3.95, 4.0, 5.0]


@virtual_time
async def test_checks_of_one_endpoint_never_overlap() -> None:
    """An endpoint is not checked while its last check still goes on."""
    checker = Scripted(Stubborn(times=4), 0.9, Stubborn(times=3), None)
    async with Bench(dependency(checker, interval=1, timeout=0.9)) as bench:
        await bench.exporter.until(30)

        assert checker.most_running == 1


@virtual_time
async def test_hanging_endpoint_delays_no_other() -> None:
    """Others are checked on time while one ignores its end for ever."""
    stubborn = Stubborn()
    others = Scripted(0.5)
    async with Bench(dependency(others, "ok"), dependency(Scripted(stubborn), "stuck")) as bench:
        await bench.exporter.until(5, "ok")
        stubborn.released.set()

        assert [at - bench.began for at in others.starts] == pytest.approx([0, 10, 20, 30, 40])


@virtual_time
async def test_stuck_check_keeps_failing() -> None:
    """A check that ignores its end for ever is a timeout in each interval."""
    stubborn = Stubborn()
    async with Bench(dependency(Scripted(stubborn))) as bench:
        await bench.exporter.until(3)
        stubborn.released.set()

        assert bench.seconds() == [(2.05, "timeout"), (12.05, "timeout"), (22.05, "timeout")]


@virtual_time
async def test_blocked_loop_brings_no_burst() -> None:
    """After the application has blocked the loop for five intervals, one check makes up for it."""
    checker = Scripted()
    async with Bench(dependency(checker)) as bench:
        bench.loop.call_later(5, block, 50)
        await asyncio.sleep(75.5)

        assert [round(at - bench.began) for at in checker.starts] == [0, 55, 60, 70]


@virtual_time
async def test_first_checks_are_bounded() -> None:
    """First checks begin together, but no more at once than allowed."""
    checkers = [Scripted(0.5) for _ in range(250)]
    specs = [dependency(checker, f"db-{n}") for n, checker in enumerate(checkers)]
    async with Bench(*specs, max_concurrency=100) as bench:
        await asyncio.sleep(2)

        starts = Counter(round(checker.starts[0] - bench.began, 6) for checker in checkers)
        assert starts == {0.0: 100, 0.5: 100, 1.0: 50}


@virtual_time
async def test_hanging_first_checks_give_their_place_up() -> None:
    """First checks that ignore their end keep others waiting for their timeout only."""
    stuck = Stubborn()
    checker = Scripted()
    held = [dependency(Scripted(stuck), f"stuck-{order}") for order in range(3)]
    async with Bench(*held, dependency(checker), max_concurrency=3) as bench:
        await bench.exporter.until(1)
        stuck.released.set()

        assert bench.seconds() == [(2.05, "ok")]


@virtual_time
async def test_failing_first_checks_give_their_place_up() -> None:
    """The end of a first check makes room for the next, whatever it came to."""
    held = [
        dependency(Scripted(KeyboardInterrupt()), "a"),
        dependency(Scripted(OSError(24, "Too many open files")), "b"),
        dependency(Scripted(hang), "c", timeout=0.5),
    ]
    async with Bench(*held, dependency(Scripted()), max_concurrency=1) as bench:
        await bench.exporter.until(1)

        assert bench.seconds() == [(0.5, "ok")]


@virtual_time
async def test_removed_first_check_gives_its_place_up() -> None:
    """An endpoint that is forgotten during its first check makes room for the next."""
    held, checker = dependency(Scripted(hang), "held"), Scripted()
    async with Bench(held, dependency(checker), max_concurrency=1) as bench:
        await asyncio.sleep(1)
        bench.scheduler.forget(bench.roster.watches["held", "db.svc", "1"])
        await bench.exporter.until(1)

        assert bench.seconds() == [(1.0, "ok")]


@virtual_time
async def test_checks_spread_evenly() -> None:
    """After the first checks two thousand endpoints are checked evenly over their interval."""
    checker = Scripted()
    async with Bench(*many(2000, checker), interval=1, timeout=0.5) as bench:
        await asyncio.sleep(3)

        slots = Counter(int((at - bench.began) * 20) for at in checker.starts)
        assert [slots[slot] for slot in range(30, 50)] == pytest.approx([100] * 20, abs=5)


@virtual_time
async def test_first_checks_of_many_are_bounded_with_checks_that_take_no_time() -> None:
    """Two thousand first checks are all made at the start."""
    checker = Scripted()
    async with Bench(*many(2000, checker), interval=1, timeout=0.5):
        await asyncio.sleep(0.0001)

        assert (len(checker.starts), checker.most_running) == (2000, 1)


@virtual_time
async def test_finding_a_place_never_lengthens_an_interval() -> None:
    """An endpoint's second check comes no later than an interval after its first."""
    checkers = [Scripted(0.3) for _ in range(300)]
    specs = [dependency(checker, f"db-{n}") for n, checker in enumerate(checkers)]
    async with Bench(*specs, max_concurrency=20):
        await asyncio.sleep(30)

        waits = [second - first for first, second, *_ in (c.starts for c in checkers)]
        assert max(waits) <= 10.0 + 1e-3


@virtual_time
async def test_places_are_kept() -> None:
    """From the second check on each endpoint is checked exactly an interval apart."""
    checkers = [Scripted(0.3) for _ in range(50)]
    specs = [dependency(checker, f"db-{n}") for n, checker in enumerate(checkers)]
    async with Bench(*specs, max_concurrency=20):
        await asyncio.sleep(60)

        for checker in checkers:
            _, *starts = checker.starts
            gaps = [after - before for before, after in pairwise(starts)]
            assert gaps == pytest.approx([10.0] * len(gaps))


@virtual_time
async def test_each_interval_has_its_own_spread() -> None:
    """Endpoints of another interval take no place among the others."""
    slow, fast = Scripted(), Scripted()
    specs = [*many(100, slow), dependency(fast, "fast", interval=1, timeout=0.5)]
    async with Bench(*specs) as bench:
        await asyncio.sleep(3.5)

        assert [at - bench.began for at in fast.starts] == pytest.approx([0, 1, 2, 3])


@virtual_time
async def test_addition_before_the_beginning() -> None:
    """An endpoint that is added in the moment of the start begins once, like the others."""
    bench = Bench(dependency(Scripted()))
    (watch,) = bench.roster.watches.values()
    new = bench.roster.candidate("db", "tcp", True, Endpoint("new", "1"), watch.checker)
    assert new is not None
    bench.scheduler.add(new)
    async with bench:
        await bench.exporter.until(2)

        assert [target.host for target in bench.exporter.added] == ["db.svc", "new"]


@virtual_time
async def test_endpoints_of_a_dependency_are_checked_each() -> None:
    """Several hosts are several endpoints, each with results of its own."""
    endpoints = [Endpoint("a", "1"), Endpoint("b", "1")]
    async with Bench(dependency(Scripted(None, ValueError()), endpoints=endpoints)) as bench:
        await bench.exporter.until(2)

        found = {watch.key: watch.state.healthy for watch in bench.roster.watches.values()}
        assert found == {"db:a:1": True, "db:b:1": False}


@virtual_time
async def test_results_carry_the_time() -> None:
    """The latency of each result is that of its check."""
    async with Bench(dependency(Scripted(0.25, hang))) as bench:
        await bench.exporter.until(2)

        latencies = [it.state.last.latency for it in bench.exporter.results if it.state.last]
        assert latencies == pytest.approx([0.25, 2.0])


@virtual_time
async def test_time_passes_only_in_timers() -> None:
    """This file's clock stands still while something is to be done."""
    before = now()
    for _ in range(100):
        await asyncio.sleep(0)

    assert now() == before
