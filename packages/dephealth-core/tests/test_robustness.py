"""What checkers, exporters and the application do wrong harms no endpoint."""

from __future__ import annotations

import asyncio
import logging

import pytest

from dephealth import ConfigurationError, EndpointState, Target
from dephealth_testing import virtual_time

from ._fakes import Bench, Recorder, Scripted, Stubborn, dependency


class OddError(BaseException):
    """No `Exception`."""


def endpoint_task(name: str) -> asyncio.Task[None]:
    """The task that checks a dependency."""
    (found,) = (task for task in asyncio.all_tasks() if task.get_name() == f"dephealth {name}")
    return found


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), SystemExit(), GeneratorExit(), OddError(), asyncio.CancelledError()],
    ids=lambda error: type(error).__name__,
)
def test_odd_exceptions_end_no_checks(error: BaseException) -> None:
    """An endpoint goes on, whatever its check raises."""

    @virtual_time
    async def scenario() -> None:
        async with Bench(dependency(Scripted(None, error, None))) as bench:
            await bench.exporter.until(3)

            assert bench.seconds() == [(0.0, "ok"), (10.0, "error"), (20.0, "ok")]

    scenario()


@virtual_time
async def test_task_cancelled_by_others_begins_again() -> None:
    """If the application cancels an endpoint's task and goes on, so do the checks."""
    async with Bench(dependency(Scripted())) as bench:
        await asyncio.sleep(1)
        endpoint_task("db:db.svc:1").cancel()
        await bench.exporter.until(3)

        assert bench.seconds() == [(0.0, "ok"), (11.0, "ok"), (20.0, "ok")]


@virtual_time
async def test_task_cancelled_during_its_first_check_begins_again() -> None:
    """An endpoint whose first check was cut off is checked an interval later."""
    async with Bench(dependency(Scripted(1.0))) as bench:
        await asyncio.sleep(0.5)
        endpoint_task("db:db.svc:1").cancel()
        await bench.exporter.until(1)

        assert bench.seconds() == [(11.5, "ok")]


@virtual_time
async def test_cancelled_task_is_told_once() -> None:
    """That somebody cancels tasks of ours is one warning for each endpoint."""
    async with Bench(dependency(Scripted())) as bench:
        for results in 1, 2, 3:
            await bench.exporter.until(results)
            endpoint_task("db:db.svc:1").cancel()
        await bench.exporter.until(4)

        (line,) = bench.lines.at(logging.WARNING)
        assert "its task has ended, but not by stop()" in line


@virtual_time
async def test_check_that_cancels_its_own_task() -> None:
    """A check that leaves a cancellation behind has a result each time, and is made again."""

    async def careless() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            raise ConnectionRefusedError from None

    async with Bench(dependency(Scripted(None, careless))) as bench:
        await bench.exporter.until(4)

        assert bench.seconds() == [
            (0.0, "ok"),
            (10.0, "connection_refused"),
            (20.0, "connection_refused"),
            (30.0, "connection_refused"),
        ]


@virtual_time
async def test_swallowed_cancellation_still_ends_the_task() -> None:
    """If a check swallows the cancellation at the end of asyncio.run(), nothing hangs."""
    async with Bench(dependency(Scripted(Stubborn(times=1)))):
        await asyncio.sleep(1)
        task = endpoint_task("db:db.svc:1")
        task.cancel()
        await asyncio.wait([task], timeout=0.1)

        assert task.cancelled()


@virtual_time
async def test_removed_endpoint_does_not_begin_again() -> None:
    """A task that was cancelled by others stays ended if its endpoint is removed meanwhile."""
    checker = Scripted()
    async with Bench(dependency(checker)) as bench:
        await asyncio.sleep(1)
        endpoint_task("db:db.svc:1").cancel()
        await asyncio.sleep(1)
        bench.scheduler.forget(bench.watch)
        await asyncio.sleep(50)

        assert len(checker.starts) == 1


@virtual_time
async def test_failure_of_our_own_is_survived() -> None:
    """Should the task itself fail, it is told with a traceback, and the checks go on."""

    class Forgetful(Scripted):
        asked = 0

        def secrets(self) -> tuple[()]:
            self.asked += 1
            if self.asked == 1:
                raise LookupError("no secrets here")
            return ()

    async with Bench(dependency(Forgetful(ValueError(), None))) as bench:
        await bench.exporter.until(2)

        assert bench.seconds() == [(0.0, "error"), (10.0, "ok")]
        assert "LookupError: no secrets here" in bench.lines.text()


class Broken(Recorder):
    """An exporter that raises when it is told of a result, and of a removal."""

    def __init__(self, *kinds: type[Exception]) -> None:
        super().__init__()
        self.kinds = kinds

    def on_result(self, target: Target, state: EndpointState) -> None:
        super().on_result(target, state)
        raise self.kinds[min(len(self.results), len(self.kinds)) - 1]("no space left")

    def on_removed(self, target: Target) -> None:
        super().on_removed(target)
        raise self.kinds[-1]("unknown target")


@virtual_time
async def test_exporter_that_raises_harms_no_other() -> None:
    """If one exporter fails, the others are told all the same."""
    broken = Broken(ValueError)
    async with Bench(dependency(Scripted()), exporters=[broken]) as bench:
        await bench.exporter.until(3)

        assert len(broken.results) == 3


@virtual_time
async def test_failure_of_an_exporter_is_logged_once() -> None:
    """What an exporter raises is logged with its traceback, once per change of kind."""
    broken = Broken(ValueError, ValueError, TypeError, TypeError)
    async with Bench(dependency(Scripted()), exporters=[broken]) as bench:
        await bench.exporter.until(6)

        assert bench.lines.at(logging.ERROR) == ["exporter Broken failed"] * 2
        assert "TypeError: no space left" in bench.lines.text()


@virtual_time
async def test_exporter_that_raises_on_removal() -> None:
    """An exporter that fails on a removal does not keep the endpoint."""
    async with Bench(dependency(Scripted()), exporters=[Broken(ValueError)]) as bench:
        bench.scheduler.forget(bench.watch)

        assert (bench.roster.watches, len(bench.exporter.removed)) == ({}, 1)


@pytest.mark.parametrize("error", [ConfigurationError, RuntimeError])
def test_exporter_that_refuses(error: type[Exception]) -> None:
    """If an exporter refuses one endpoint, nothing is started, and no exporter has any."""

    class Refusing(Recorder):
        def on_added(self, target: Target) -> None:
            if target.dependency == "b":
                raise error("equal labels")
            super().on_added(target)

    @virtual_time
    async def scenario() -> None:
        refusing, checker = Refusing(), Scripted()
        specs = [dependency(checker, "a"), dependency(checker, "b")]
        bench = Bench(*specs, exporters=[refusing])
        with pytest.raises(error, match="equal labels"):
            bench.scheduler.begin()
        await asyncio.sleep(100)

        assert checker.starts == []
        assert refusing.removed == refusing.added
        assert bench.exporter.removed == bench.exporter.added

    scenario()


@virtual_time
async def test_refused_scheduler_can_begin_later() -> None:
    """What an exporter has refused may be started when it does so no longer."""
    refusing = Recorder(refuses=lambda _: True)
    bench = Bench(dependency(Scripted()), exporters=[refusing])
    with pytest.raises(ConfigurationError):
        bench.scheduler.begin()
    refusing.refuses = lambda _: False
    async with bench:
        await bench.exporter.until(1)

        assert bench.seconds() == [(0.0, "ok")]
