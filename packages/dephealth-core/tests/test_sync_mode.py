"""Checks in a background thread, for programs without an event loop."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from dephealth import ConfigurationError, Endpoint

from ._fakes import BOUND, Recorder, Scripted, Stubborn, dependency, hang
from ._started import Started
from ._started_sync import Noticing, background_threads, started_sync

NEW = Endpoint("new.svc", "2")


def test_start_sync_begins_the_checks() -> None:
    """After `start_sync` endpoints are checked in a daemon thread."""
    checker = Noticing()
    with started_sync(dependency(checker)):
        thread = checker.thread.result(BOUND)

        assert (thread.name, thread.daemon) == ("dephealth", True)


def test_one_thread_for_all() -> None:
    """However many endpoints there are, one thread checks them."""
    checkers = [Noticing() for _ in range(20)]
    with started_sync(*(dependency(c, f"db-{n}") for n, c in enumerate(checkers))):
        assert len({checker.thread.result(BOUND) for checker in checkers}) == 1
        assert len(background_threads()) == 1


def test_stop_sync_leaves_no_thread() -> None:
    """After `stop_sync` the thread is gone."""
    with started_sync(dependency(Scripted(hang))):
        pass

    assert background_threads() == []


def test_stop_sync_is_bounded() -> None:
    """Stopping takes no longer than the timeout and half a second, whatever the checks do."""
    stubborn = Stubborn()
    it = Started(dependency(Scripted(stubborn)), check_interval=1, timeout=0.2)
    it.health.start_sync()
    before = time.monotonic()
    it.health.stop_sync()

    assert time.monotonic() - before < 0.2 + 0.5
    assert background_threads() == []


def test_second_stop_sync() -> None:
    """A second stop does nothing."""
    with started_sync(dependency(Scripted())) as it:
        it.health.stop_sync()
        it.health.stop_sync()

        assert not it.health.running


def test_stops_together() -> None:
    """Of several stops at once one ends the checks, and the others do nothing."""
    with started_sync(dependency(Scripted(hang))) as it, ThreadPoolExecutor(8) as pool:
        stops = [pool.submit(it.health.stop_sync) for _ in range(8)]
        for stop in stops:
            stop.result(BOUND)

        assert (it.health.running, background_threads()) == (False, [])


def test_second_start_sync() -> None:
    """A second start is an error, of whichever kind."""
    with started_sync(dependency(Scripted())) as it:
        with pytest.raises(RuntimeError, match="started already"):
            it.health.start_sync()
        with pytest.raises(RuntimeError, match="started already"):
            asyncio.run(it.health.start())


def test_starts_together() -> None:
    """Of several starts at once one succeeds."""
    it = Started(dependency(Scripted()))
    with ThreadPoolExecutor(8) as pool:
        starts = [pool.submit(it.health.start_sync) for _ in range(8)]
        failures = [start.exception(BOUND) for start in starts]
    threads = background_threads()
    it.health.stop_sync()

    assert (failures.count(None), len(threads)) == (1, 1)


def test_start_sync_after_stop_sync() -> None:
    """An object is started once in its life."""
    with started_sync() as it:
        pass
    with pytest.raises(RuntimeError, match="make a new DependencyHealth"):
        it.health.start_sync()


def test_without_dependencies() -> None:
    """Nothing to check needs no thread."""
    with started_sync() as it:
        assert (it.health.running, it.health.health(), background_threads()) == (True, {}, [])


def test_stop_without_dependencies() -> None:
    """An object that never had anything to run is stopped all the same."""
    with started_sync() as it:
        it.health.stop_sync()

        assert (it.health.running, background_threads()) == (False, [])


def test_stop_from_a_loop() -> None:
    """What `start_sync` began may be ended by `await stop()`, without blocking that loop."""

    async def tidy() -> None:
        try:
            await hang()
        finally:
            await asyncio.sleep(0.1)

    async def stop() -> int:
        turns = 0
        stopping = asyncio.create_task(it.health.stop())
        while not stopping.done():
            await asyncio.sleep(0.01)
            turns += 1
        await stopping
        return turns

    with started_sync(dependency(Scripted(tidy))) as it:
        assert asyncio.run(stop()) > 3
        assert (it.health.running, background_threads()) == (False, [])


def test_refused_start_leaves_no_thread() -> None:
    """If an exporter refuses the labels, nothing was started, and it can be tried again."""
    refusing = Recorder(refuses=lambda _: True)
    it = Started(dependency(Scripted()), exporters=[refusing])
    with pytest.raises(ConfigurationError, match="equal labels"):
        it.health.start_sync()
    after_refusal = it.health.running, background_threads()
    refusing.refuses = lambda _: False
    it.health.start_sync()
    it.health.stop_sync()

    assert after_refusal == (False, [])


def test_start_without_a_new_thread() -> None:
    """If the process can start no thread, the object is as it was."""
    it = Started(dependency(Scripted()))
    before = threading.stack_size(1 << 45)
    try:
        with pytest.raises(RuntimeError, match="can't start new thread"):
            it.health.start_sync()
    finally:
        threading.stack_size(before)
    it.health.start_sync()
    it.health.stop_sync()

    assert not it.health.running


@pytest.mark.parametrize("error", [SystemExit(), KeyboardInterrupt()], ids=repr)
def test_task_of_a_check_that_ends_the_loop(error: BaseException) -> None:
    """What asyncio takes for the end of the program does not end the background thread."""

    async def fail() -> None:
        raise error

    async def with_a_task() -> None:
        await asyncio.gather(fail())

    checker = Noticing()
    with started_sync(dependency(Scripted(with_a_task)), dependency(checker, "other")) as it:
        checker.thread.result(BOUND)
        it.health.add_endpoint_sync("late", "tcp", True, NEW, Scripted())

        assert it.health.running


def test_health_from_the_main_thread() -> None:
    """The state can be read where the program runs."""
    told: Future[None] = Future()

    class Telling(Recorder):
        def on_result(self, *args: Any) -> None:
            super().on_result(*args)
            told.set_result(None)

    with started_sync(dependency(Scripted()), exporters=[Telling()]) as it:
        told.result(BOUND)

        assert it.health.health() == {"db": True}


@pytest.mark.parametrize(
    "stop",
    [lambda it: it.health.stop_sync(), lambda it: asyncio.run(it.health.stop())],
    ids=["stop_sync", "stop"],
)
def test_stop_of_a_check_that_blocks(stop: Callable[[Started], None]) -> None:
    """A check that blocks the thread holds the stop up within its bound, which is told."""
    blocking, released = threading.Event(), threading.Event()

    async def block() -> None:
        blocking.set()
        released.wait(BOUND)

    it = Started(dependency(Scripted(block)), check_interval=1, timeout=0.1)
    it.health.start_sync()
    assert blocking.wait(BOUND)
    (thread,) = background_threads()
    before = time.monotonic()
    stop(it)
    lasted = time.monotonic() - before
    released.set()
    thread.join(BOUND)

    assert lasted == pytest.approx(0.6, abs=0.1)
    assert "something blocks their event loop" in it.lines.at(logging.ERROR)[-1]
    assert not thread.is_alive()


def test_task_that_a_check_leaves_behind() -> None:
    """What a checker has started on the loop can tidy up before the loop is closed."""
    begun: Future[None] = Future()
    tidied: list[bool] = []
    kept: list[asyncio.Task[None]] = []

    async def background() -> None:
        try:
            begun.set_result(None)
            await hang()
        finally:
            tidied.append(True)

    async def leave_a_task() -> None:
        kept.append(asyncio.create_task(background()))

    with started_sync(dependency(Scripted(leave_a_task, None))):
        begun.result(BOUND)

    assert tidied == [True]
