"""The end of checks: bounded, complete, and quiet about results that come later."""

from __future__ import annotations

import asyncio
import logging

import pytest

from dephealth_testing import virtual_time

from ._fakes import Bench, Closing, Scripted, Stubborn, dependency, hang
from ._started import tasks_left
from ._virtual_time import now


async def seconds_to_end(bench: Bench) -> float:
    before = now()
    await bench.scheduler.end()
    return now() - before


@virtual_time
async def test_end_cancels_what_runs() -> None:
    """A check that is under way is cancelled, and the end comes at once."""
    checker = Scripted(hang)
    async with Bench(dependency(checker)) as bench:
        await asyncio.sleep(1)

        assert (await seconds_to_end(bench), checker.running) == (0.0, 0)


@virtual_time
async def test_end_leaves_no_task() -> None:
    """After the end nothing of ours runs, whatever the endpoints were doing."""
    specs = [dependency(Scripted(step), f"db-{n}") for n, step in enumerate([None, 1.0, hang])]
    waiting = [dependency(Scripted(hang), f"later-{n}") for n in range(5)]
    async with Bench(*specs, *waiting, max_concurrency=3) as bench:
        await asyncio.sleep(0.5)
        await bench.scheduler.end()

        assert tasks_left() == set()


@virtual_time
async def test_end_before_the_first_turn_of_the_loop() -> None:
    """What was started a moment ago can be ended, without any check."""
    checker = Scripted()
    async with Bench(dependency(checker)) as bench:
        await bench.scheduler.end()

        assert (checker.starts, tasks_left()) == ([], set())


@virtual_time
async def test_end_during_the_initial_delay() -> None:
    """An endpoint whose first check is minutes away ends at once."""
    async with Bench(dependency(Scripted(), initial_delay=300)) as bench:
        await asyncio.sleep(10)

        assert await seconds_to_end(bench) == 0.0


@virtual_time
async def test_end_waits_for_tidying() -> None:
    """A check has what is left of its time to tidy up."""

    async def tidy() -> None:
        try:
            await hang()
        finally:
            await asyncio.sleep(0.7)

    checker = Scripted(tidy)
    async with Bench(dependency(checker)) as bench:
        await asyncio.sleep(1)

        assert await seconds_to_end(bench) == pytest.approx(0.7)
        assert checker.running == 0


@virtual_time
async def test_end_does_not_wait_for_ever() -> None:
    """A check that ignores its cancellation holds the end up for its timeout only."""
    stubborn = Stubborn()
    async with Bench(dependency(Scripted(stubborn)), dependency(Closing(), "other")) as bench:
        await asyncio.sleep(1)

        assert await seconds_to_end(bench) <= 2.0 + 0.5
        stubborn.released.set()


@virtual_time
async def test_end_waits_for_the_longest_timeout() -> None:
    """Each check has its own timeout for its end."""
    checker = Scripted(Stubborn(times=2))
    async with Bench(dependency(Scripted()), dependency(checker, "slow", timeout=8)) as bench:
        await asyncio.sleep(1)
        await bench.scheduler.end()

        assert checker.running == 0


@virtual_time
async def test_check_that_does_not_end_is_told() -> None:
    """Whatever is left is named in the log."""
    stubborn = Stubborn()
    async with Bench(dependency(Scripted(stubborn))) as bench:
        await asyncio.sleep(1)
        await bench.scheduler.end()
        stubborn.released.set()

        assert bench.lines.at(logging.ERROR) == [
            "dependency 'db' (tcp at db.svc:1): its check does not end although it was cancelled"
        ]


@pytest.mark.parametrize("end", [None, ConnectionRefusedError()], ids=repr)
def test_no_result_after_the_end(end: BaseException | None) -> None:
    """What a check comes to after the end changes neither state nor metrics."""

    @virtual_time
    async def scenario() -> None:
        stubborn = Stubborn(end=end)
        async with Bench(dependency(Scripted(None, stubborn))) as bench:
            await asyncio.sleep(11)
            watch = bench.watch
            before = watch.state
            await bench.scheduler.end()
            stubborn.released.set()
            await asyncio.sleep(30)

            assert (watch.state, len(bench.exporter.results)) == (before, 1)

    scenario()


@virtual_time
async def test_end_leaves_the_metrics() -> None:
    """No exporter is told of a removal."""
    async with Bench(dependency(Scripted())) as bench:
        await bench.exporter.until(1)
        await bench.scheduler.end()

        assert bench.exporter.removed == []


@virtual_time
async def test_end_closes_each_checker_once() -> None:
    """What a checker of several endpoints holds is released once."""
    checker = Closing()
    specs = dependency(checker, "a"), dependency(checker, "b")
    async with Bench(*specs) as bench:
        await bench.exporter.until(1, "b")
        await bench.scheduler.end()

        assert checker.closed == 1


@virtual_time
async def test_checker_is_closed_after_its_check() -> None:
    """A checker is closed when its check has ended, not under it."""

    async def tidy() -> None:
        try:
            await hang()
        finally:
            await asyncio.sleep(1)

    checker = Closing(tidy)
    async with Bench(dependency(checker)) as bench:
        await asyncio.sleep(0.5)
        await bench.scheduler.end()

        assert checker.closings.starts == checker.checks.ends


@pytest.mark.parametrize(
    "error",
    [ValueError("no"), SystemExit(), KeyboardInterrupt(), asyncio.CancelledError()],
    ids=lambda error: type(error).__name__,
)
def test_checker_that_fails_to_close(error: BaseException) -> None:
    """Others are closed although one raises, whatever it is."""

    @virtual_time
    async def scenario() -> None:
        other = Closing()
        failing = dependency(Closing(closing=error), "failing")
        async with Bench(failing, dependency(other)) as bench:
            await asyncio.sleep(1)
            await bench.scheduler.end()

            assert other.closed == 1
            assert "dependency 'failing'" in bench.lines.at(logging.ERROR)[0]

    scenario()


@virtual_time
async def test_checker_that_closes_for_ever() -> None:
    """A checker that hangs in its closing is cancelled, and told."""
    checker = Closing(closing=hang)
    async with Bench(dependency(checker)) as bench:
        await asyncio.sleep(1)

        assert await seconds_to_end(bench) == pytest.approx(0.3)
        assert tasks_left() == set()
        assert "its checker does not close" in bench.lines.at(logging.ERROR)[0]


@virtual_time
async def test_checker_that_ignores_the_end_of_its_closing() -> None:
    """The end comes within its bound even if everything hangs."""
    check, close = Stubborn(), Stubborn()
    checker = Closing(check, close)
    async with Bench(dependency(checker)) as bench:
        await asyncio.sleep(1)

        assert await seconds_to_end(bench) <= 2.0 + 0.5
        check.released.set()
        close.released.set()


@virtual_time
async def test_cancelled_end_still_closes() -> None:
    """If the application gives up waiting for the end, the checkers are closed all the same."""
    checker, stubborn = Closing(), Stubborn()
    async with Bench(dependency(checker), dependency(Scripted(stubborn), "stuck")) as bench:
        await asyncio.sleep(1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(bench.scheduler.end(), 0.5)
        stubborn.released.set()

        assert checker.closed == 1


@virtual_time
async def test_end_waits_for_endpoints_that_are_leaving() -> None:
    """An endpoint that was removed a moment ago has ended, too, after the end."""

    async def tidy() -> None:
        try:
            await hang()
        finally:
            await asyncio.sleep(1)

    checker = Scripted(tidy)
    async with Bench(dependency(checker)) as bench:
        await asyncio.sleep(0.5)
        bench.scheduler.forget(bench.watch)
        await bench.scheduler.end()

        assert checker.running == 0


@virtual_time
async def test_patience() -> None:
    """How long the end takes at most depends on all that may still run."""
    stubborn = Stubborn()
    specs = [dependency(Scripted()), dependency(Scripted(stubborn), "slow", timeout=8)]
    async with Bench(*specs) as bench:
        await asyncio.sleep(1)
        bench.scheduler.forget(bench.roster.watches["slow", "db.svc", "1"])
        with_leaving = bench.scheduler.patience
        stubborn.released.set()
        await asyncio.sleep(1)

        assert (with_leaving, bench.scheduler.patience) == (8.5, 2.5)
