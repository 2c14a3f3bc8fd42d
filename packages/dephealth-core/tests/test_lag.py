"""How long the loop was blocked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dephealth._lag import BEAT, LagMeter

from ._virtual_time import block, now, this_loop, virtual_time


@contextmanager
def in_use(lag: LagMeter) -> Iterator[None]:
    lag.enter()
    try:
        yield
    finally:
        lag.leave()


def meter() -> LagMeter:
    loop = asyncio.get_running_loop()
    return LagMeter(loop, loop.time)


@virtual_time
async def test_free_loop_was_not_blocked() -> None:
    """Waiting is not being blocked."""
    lag = meter()
    with in_use(lag):
        await asyncio.sleep(10)

        assert lag.blocked(now()) == 0.0


@virtual_time
async def test_blocked_time_is_told_during_the_block() -> None:
    """What blocks at this moment counts up to this moment, less at most a beat."""
    lag = meter()
    with in_use(lag):
        await asyncio.sleep(1)
        block(3)

        assert lag.blocked(now()) == pytest.approx(3, abs=BEAT)


@virtual_time
async def test_blocked_times_add_up() -> None:
    """Each block is remembered."""
    lag = meter()
    with in_use(lag):
        for _ in range(4):
            await asyncio.sleep(1)
            block(0.5)
        await asyncio.sleep(1)

        assert lag.blocked(now()) == pytest.approx(2, abs=4 * BEAT)


@virtual_time
async def test_nothing_beats_without_checks() -> None:
    """Between checks no timer wakes the loop."""
    lag = meter()
    with in_use(lag):
        await asyncio.sleep(1)
    before = this_loop().jumps
    await asyncio.sleep(100)

    assert this_loop().jumps == before + 1


@virtual_time
async def test_several_checks_share_the_beat() -> None:
    """The meter goes on until the last check has ended."""
    lag = meter()
    with in_use(lag):
        with in_use(lag):
            await asyncio.sleep(1)
        block(2)

        assert lag.blocked(now()) == pytest.approx(2, abs=BEAT)


@virtual_time
async def test_block_between_two_checks_is_forgotten() -> None:
    """A check that begins later is not excused with what was before it."""
    lag = meter()
    with in_use(lag):
        await asyncio.sleep(1)
    block(2)
    with in_use(lag):
        assert lag.blocked(now()) == 0.0
