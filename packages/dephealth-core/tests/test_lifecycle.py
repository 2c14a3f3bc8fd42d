"""Start and stop, on an application's loop and without it."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import time

import pytest

from dephealth import ConfigurationError, Endpoint
from dephealth._watch import Watch
from dephealth.api import DependencyHealth

from ._fakes import BOUND, Recorder, Scripted, Stubborn, dependency, hang
from ._started import Started, started, tasks_left


async def test_second_start() -> None:
    """A second start is an error."""
    async with started(dependency(Scripted())) as it:
        with pytest.raises(RuntimeError, match="started already"):
            await it.health.start()


async def test_start_after_stop() -> None:
    """An object is started once in its life."""
    async with started() as it:
        await it.health.stop()
        with pytest.raises(RuntimeError, match="make a new DependencyHealth"):
            await it.health.start()


async def test_second_stop() -> None:
    """A second stop does nothing."""
    async with started(dependency(Scripted())) as it:
        await it.health.stop()
        await it.health.stop()

        assert not it.health.running


async def test_stop_before_start() -> None:
    """An object that was never started can be stopped, and started afterwards."""
    it = Started()
    await it.health.stop()
    await it.health.start()

    assert it.health.running
    await it.health.stop()


async def test_stops_together() -> None:
    """Of two stops at once one ends the checks, and the other does nothing."""
    async with started(dependency(Scripted(hang))) as it:
        await asyncio.wait_for(asyncio.gather(it.health.stop(), it.health.stop()), BOUND)

        assert tasks_left() == set()


async def test_stop_leaves_the_state() -> None:
    """After the end the last values are still there."""
    async with started(dependency(Scripted())) as it:
        await it.until()
    (status,) = it.health.health_details().values()

    assert (it.health.health(), status.status) == ({"db": True}, "ok")


async def test_stop_is_bounded() -> None:
    """Stopping takes no longer than the timeout and half a second, whatever the checks do."""
    stubborn = Stubborn()
    async with started(dependency(Scripted(stubborn)), check_interval=1, timeout=0.2) as it:
        await it.until()
        before = time.monotonic()
        await it.health.stop()

        assert time.monotonic() - before < 0.2 + 0.5
        stubborn.released.set()


async def test_dependencies_can_be_used_again() -> None:
    """What one object has checked can be checked by another one after it."""
    spec = dependency(Scripted())
    for _ in range(2):
        async with started(spec) as it:
            await it.until()

            assert it.health.health() == {"db": True}


async def test_without_dependencies() -> None:
    """Nothing to check is fine: no task, and an empty answer."""
    async with started() as it:
        assert (it.health.health(), it.health.health_details(), tasks_left()) == ({}, {}, set())
        assert it.health.running


async def test_refused_start_starts_nothing() -> None:
    """If an exporter refuses the labels, no check is made."""
    checker = Scripted()
    it = Started(dependency(checker), exporters=[Recorder(refuses=lambda _: True)])
    with pytest.raises(ConfigurationError, match="equal labels"):
        await it.health.start()

    assert (it.health.running, tasks_left(), checker.starts) == (False, set(), [])


async def test_refused_start_can_be_repeated() -> None:
    """A start that failed is none: the object can be started later."""
    refusing = Recorder(refuses=lambda _: True)
    it = Started(dependency(Scripted()), exporters=[refusing])
    with pytest.raises(ConfigurationError):
        await it.health.start()
    refusing.refuses = lambda _: False
    await it.health.start()
    await it.until()
    await it.health.stop()

    assert it.health.health() == {"db": True}


async def test_target_tells_whether_it_runs() -> None:
    """Exporters can see of each target whether its checks still go on."""
    async with started(dependency(Scripted())) as it:
        (target,) = it.exporter.added
        while_running = target.running()

    assert (while_running, target.running()) == (True, False)


def test_end_of_the_loop_is_an_end() -> None:
    """When asyncio.run() ends without `stop`, the object does not run, and nothing is said."""

    async def forget() -> Started:
        it = Started(
            dependency(Scripted()),
            dependency(Scripted(hang), "slow", endpoints=[Endpoint("h", "1")]),
        )
        await it.health.start()
        await it.until()
        return it

    it = asyncio.run(forget())

    assert not it.health.running
    assert (it.health.health(), it.lines.records) == ({"db": True, "slow": False}, [])


def test_loop_that_is_closed_under_a_check() -> None:
    """A check that dies with its loop has no result, and lets nobody else begin."""
    checker, next_one = Scripted(hang), Scripted()
    watch, _ = _abandoned(checker, next_one)
    gc.collect()

    assert (checker.running, watch.state.last, next_one.starts) == (0, None, [])


def _abandoned(checker: Scripted, next_one: Scripted) -> list[Watch]:
    async def begin() -> Started:
        it = Started(dependency(checker), dependency(next_one, "next"), max_concurrency=1)
        await it.health.start()
        while not checker.starts:
            await asyncio.sleep(0)
        return it

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # asyncio tells of each task that dies
    it = loop.run_until_complete(begin())
    loop.close()
    return list(it.health._roster.watches.values())


def test_stop_after_the_loop() -> None:
    """Stopping an object whose loop is closed does nothing."""

    async def begin() -> DependencyHealth:
        health = Started(dependency(Scripted())).health
        await health.start()
        return health

    health = asyncio.run(begin())
    asyncio.run(health.stop())
    health.stop_sync()

    assert not health.running


def test_start_on_a_second_loop() -> None:
    """An object whose loop is closed cannot be started on another one."""

    async def begin() -> DependencyHealth:
        health = Started(dependency(Scripted())).health
        await health.start()
        return health

    health = asyncio.run(begin())
    with pytest.raises(RuntimeError, match="started already"):
        asyncio.run(health.start())


def test_stop_on_a_loop_while_its_own_stands() -> None:
    """A loop that does not run cannot end the checks, which is told and changes nothing."""
    it = Started(dependency(Scripted()))
    with asyncio.Runner() as runner:
        runner.run(it.health.start())
        with pytest.raises(RuntimeError, match="the loop of start\\(\\) does not run"):
            it.health.stop_sync()
        stopping = threading.Thread(target=_swallow, args=(it.health,))
        stopping.start()
        stopping.join(BOUND)
        still_running = it.health.running
        runner.run(it.health.stop())

    assert still_running
    assert not it.health.running


def _swallow(health: DependencyHealth) -> None:
    with pytest.raises(RuntimeError, match="does not run"):
        asyncio.run(health.stop())


async def test_stop_from_another_loop() -> None:
    """`stop` may be awaited on any loop."""
    async with started(dependency(Scripted(hang))) as it:
        await asyncio.wait_for(asyncio.to_thread(asyncio.run, it.health.stop()), BOUND)

        assert (it.health.running, tasks_left()) == (False, set())


async def test_stop_sync_on_the_loop_itself() -> None:
    """A call that would wait for its own thread is an error, and ends nothing."""
    async with started(dependency(Scripted())) as it:
        with pytest.raises(RuntimeError, match="would block the loop"):
            it.health.stop_sync()
        await it.until()

        assert it.health.running


async def test_stop_sync_from_another_thread() -> None:
    """`stop_sync` ends checks that run on the application's loop."""
    async with started(dependency(Scripted(hang))) as it:
        await asyncio.wait_for(asyncio.to_thread(it.health.stop_sync), BOUND)

        assert (it.health.running, tasks_left()) == (False, set())


def test_end_of_a_process_without_stop() -> None:
    """A program that forgets to stop ends by itself and says nothing."""
    script = """
import asyncio
from dephealth.api import DependencyHealth, Dependency, Endpoint
class Checker:
    async def check(self, endpoint): await asyncio.sleep(3600 if endpoint.port == "2" else 0)
def health():
    where = [Endpoint("h", "1"), Endpoint("h", "2")]
    spec = Dependency(name="db", type="tcp", checker=Checker(), critical=True, endpoints=where)
    return DependencyHealth("shop", "web", spec, exporters=[])
async def main():
    await health().start()
    await asyncio.sleep(0.01)
asyncio.run(main())
health().start_sync()
"""
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        timeout=30,
        check=False,
        text=True,
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
