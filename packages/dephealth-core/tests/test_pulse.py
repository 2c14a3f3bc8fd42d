"""Deadlines of checks that wait, and how long the loop was blocked meanwhile."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dephealth._pulse import BEAT, Pulse
from dephealth_testing import virtual_time

from ._virtual_time import block, now, this_loop


class Waiter:
    """Remembers when it was struck."""

    def __init__(self) -> None:
        self.deadline = math.nan
        self.struck: list[float] = []

    def strike(self) -> None:
        self.struck.append(now())


@contextmanager
def waiting(pulse: Pulse, timeout: float = math.inf) -> Iterator[Waiter]:
    waiter = Waiter()
    pulse.enter(waiter, timeout)
    try:
        yield waiter
    finally:
        pulse.leave(waiter)


def made() -> Pulse:
    loop = asyncio.get_running_loop()
    return Pulse(loop, loop.time)


def blocked(pulse: Pulse) -> float:
    return now() - pulse.free()


@virtual_time
async def test_free_loop_was_not_blocked() -> None:
    """Waiting is not being blocked."""
    pulse = made()
    with waiting(pulse):
        await asyncio.sleep(10)

        assert blocked(pulse) == 0.0


@virtual_time
async def test_blocked_time_is_told_during_the_block() -> None:
    """What blocks at this moment counts up to this moment, less at most a beat."""
    pulse = made()
    with waiting(pulse):
        await asyncio.sleep(1)
        block(3)

        assert blocked(pulse) == pytest.approx(3, abs=BEAT)


@virtual_time
async def test_blocked_times_add_up() -> None:
    """Each block is remembered."""
    pulse = made()
    with waiting(pulse):
        for _ in range(4):
            await asyncio.sleep(1)
            block(0.5)
        await asyncio.sleep(1)

        assert blocked(pulse) == pytest.approx(2, abs=4 * BEAT)


@virtual_time
async def test_nothing_beats_without_checks() -> None:
    """Between checks no timer wakes the loop."""
    pulse = made()
    with waiting(pulse):
        await asyncio.sleep(1)
    before = this_loop().jumps
    await asyncio.sleep(100)

    assert this_loop().jumps == before + 1


@virtual_time
async def test_several_checks_share_the_beat() -> None:
    """It goes on until the last check has ended."""
    pulse = made()
    with waiting(pulse):
        with waiting(pulse):
            await asyncio.sleep(1)
        block(2)

        assert blocked(pulse) == pytest.approx(2, abs=BEAT)


@virtual_time
async def test_block_between_two_checks_is_forgotten() -> None:
    """A check that begins later is not excused with what was before it."""
    pulse = made()
    with waiting(pulse):
        await asyncio.sleep(1)
    block(2)
    with waiting(pulse, 1) as second:
        begun = now()
        await asyncio.sleep(5)

    assert second.struck == [pytest.approx(begun + 1)]


@virtual_time
@pytest.mark.parametrize("timeout", [0.001, 0.1, 0.1234, 60.0])
async def test_deadline_strikes_on_time(timeout: float) -> None:
    """A check is struck once, when its timeout is over."""
    pulse = made()
    with waiting(pulse), waiting(pulse, timeout) as waiter:
        begun = now()
        await asyncio.sleep(100)

    assert waiter.struck == [pytest.approx(begun + timeout, abs=BEAT if timeout < BEAT else 1e-3)]


@virtual_time
async def test_deadlines_strike_one_by_one() -> None:
    """Each of several checks is struck at its own time, whatever their order."""
    pulse = made()
    begun = now()
    with waiting(pulse, 3) as first, waiting(pulse, 1) as second, waiting(pulse, 2) as third:
        await asyncio.sleep(10)

    assert [waiter.struck for waiter in (first, second, third)] == [
        [pytest.approx(begun + seconds, abs=1e-3)] for seconds in (3, 1, 2)
    ]


@virtual_time
async def test_check_that_has_ended_is_not_struck() -> None:
    """Nobody is struck after he has left."""
    pulse = made()
    with waiting(pulse, 5):
        with waiting(pulse, 1) as quick:
            await asyncio.sleep(0.5)
        await asyncio.sleep(3)

    assert quick.struck == []


@virtual_time
async def test_deadline_is_put_off_by_a_block() -> None:
    """A check gets the time back in which the loop was blocked."""
    pulse = made()
    begun = now()
    with waiting(pulse, 2) as waiter:
        asyncio.get_running_loop().call_later(1, block, 5)
        await asyncio.sleep(20)

    assert waiter.struck == [pytest.approx(begun + 7, abs=2 * BEAT)]


@virtual_time
async def test_nothing_beats_after_the_last_strike() -> None:
    """A check that goes on after its deadline keeps no timer alive."""
    pulse = made()
    with waiting(pulse, 1):
        await asyncio.sleep(2)
        before = this_loop().jumps
        await asyncio.sleep(100)

    assert this_loop().jumps == before + 1
