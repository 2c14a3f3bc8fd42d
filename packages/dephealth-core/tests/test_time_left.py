"""The deadline, as a check sees it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable

import pytest

from dephealth import pool_timeout, time_left
from dephealth._checker import Deadline, deadline
from dephealth._pulse import BEAT, Pulse
from dephealth_testing import virtual_time

from ._fakes import Scripted, dependency, hang
from ._started import started
from ._trial import TIMEOUT_AFTER, tried
from ._virtual_time import block, now

TIMEOUT = 0.4


async def seen(look: Callable[[list[float]], object]) -> float:
    """What a check notes that does nothing else."""
    found: list[float] = []

    async def step() -> None:
        await asyncio.ensure_future(_awaited(look(found)))

    async with started(dependency(Scripted(step), timeout=TIMEOUT)) as it:
        await it.until()
    (value,) = found
    return value


async def _awaited(thing: object) -> None:
    if asyncio.iscoroutine(thing):
        await thing


async def test_at_the_start() -> None:
    """At its start a check has its whole timeout."""
    assert await seen(lambda found: found.append(time_left())) == pytest.approx(TIMEOUT, abs=0.1)


async def test_later() -> None:
    """It gets less while the check runs."""

    async def later(found: list[float]) -> None:
        await asyncio.sleep(0.2)
        found.append(time_left())

    assert await seen(later) == pytest.approx(TIMEOUT - 0.2, abs=0.1)


async def test_blocked_loop() -> None:
    """Time for which the application blocks the loop is not taken from it."""

    async def blocked(found: list[float]) -> None:
        await asyncio.sleep(0.05)
        asyncio.get_running_loop().call_soon(time.sleep, 0.3)
        await asyncio.sleep(0.05)
        found.append(time_left())

    assert await seen(blocked) == pytest.approx(TIMEOUT - 0.1, abs=0.1)


async def test_in_a_thread() -> None:
    """It is known in threads that run in a copy of the check's context."""

    async def in_thread(found: list[float]) -> None:
        found.append(await asyncio.to_thread(time_left))

    assert await seen(in_thread) == pytest.approx(TIMEOUT, abs=0.2)


async def test_after_the_deadline() -> None:
    """It is never less than nothing."""

    async def tidy(found: list[float]) -> None:
        try:
            await hang()
        finally:
            found.append(time_left())

    assert 0.0 <= await seen(tidy) < 0.002  # uvloop's timers strike up to a millisecond early


def test_without_a_check() -> None:
    """Where no check runs there is no deadline."""
    with pytest.raises(LookupError):
        time_left()


def test_in_a_thread_of_its_own() -> None:
    """A thread that nobody gave the context knows none either."""
    caught: list[bool] = []

    def look() -> None:
        with pytest.raises(LookupError):
            time_left()
        caught.append(True)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert caught == [True]


def end_after(seconds: float) -> None:
    """Give the test a deadline."""
    loop = asyncio.get_running_loop()
    until = Deadline()
    until.pulse = Pulse(loop, loop.time)
    until.at = loop.time() + seconds
    deadline.set(until)


@pytest.mark.parametrize(
    ("left", "patience"), [(0.4, 0.3), (4.0, 3.0), (5.0, 4.0), (60.0, 59.0), (-1.0, 0.0)]
)
@virtual_time
async def test_patience_with_a_pool(left: float, patience: float) -> None:
    """A quarter of the time, at most a second, is kept for asking the server itself."""
    begun = now()
    end_after(left)

    with pytest.raises(TimeoutError):
        async with pool_timeout():
            await asyncio.Event().wait()

    assert now() - begun == pytest.approx(patience, abs=0.01)


@virtual_time
async def test_blocked_loop_and_a_pool() -> None:
    """Time in which the application blocks the loop takes nothing from its pool's."""
    waited: list[float] = []

    async def wait() -> None:
        begun = now()
        asyncio.get_running_loop().call_later(0.1, block, 5.0)
        with contextlib.suppress(TimeoutError):
            async with pool_timeout():
                await asyncio.Event().wait()
        waited.append(now() - begun)

    await tried(Scripted(wait))

    assert waited == [pytest.approx(5.0 + TIMEOUT_AFTER * 3 / 4, abs=2 * BEAT)]


async def test_pool_that_gives_in_time() -> None:
    """What has come in time is no timeout later."""
    end_after(0.1)
    async with pool_timeout():
        await asyncio.sleep(0)
    await asyncio.sleep(0.2)
