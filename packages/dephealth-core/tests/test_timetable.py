"""One timer wakes all endpoints that wait."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from dephealth._timetable import Timetable
from dephealth.api import DependencyHealth
from dephealth_testing import virtual_time

from ._fakes import Scripted, dependency
from ._virtual_time import now, this_loop


def made() -> Timetable:
    loop = asyncio.get_running_loop()
    return Timetable(loop, loop.time)


async def woken_after(timetable: Timetable, seconds: float) -> float:
    """Wait; when that was over."""
    await timetable.at(now() + seconds)
    return now()


@virtual_time
async def test_everybody_at_their_time() -> None:
    """Whoever comes first, the next one to be woken is the one whose time is next."""
    timetable, begun = made(), now()
    delays = [3.0, 1.0, 2.0, 1.0, 0.0, -1.0]
    times = await asyncio.gather(*(woken_after(timetable, each) for each in delays))

    expected = [max(0.0, each) for each in delays]
    assert [time - begun for time in times] == pytest.approx(expected, abs=0.002)


@virtual_time
async def test_one_timer() -> None:
    """Many who wait for one time are woken by one timer."""
    timetable = made()
    before = this_loop().jumps
    await asyncio.gather(*(woken_after(timetable, 5.0) for _ in range(100)))

    assert this_loop().jumps - before == 1


@virtual_time
async def test_who_is_cancelled_keeps_nobody_waiting() -> None:
    """One who waits no more is passed over."""
    timetable, begun = made(), now()
    first, second = (asyncio.create_task(woken_after(timetable, each)) for each in (1.0, 2.0))
    await asyncio.sleep(0.5)
    first.cancel()

    assert await second - begun == pytest.approx(2.0, abs=0.002)
    assert first.cancelled()


@virtual_time
async def test_who_is_cancelled_is_forgotten() -> None:
    """Endpoints that come and go leave nothing behind until their time would have come."""
    timetable = made()
    gone = []
    for _ in range(10_000):
        waiting = timetable.at(now() + 3600)
        waiting.cancel()
        gone.append(weakref.ref(waiting))

    assert len([each for each in gone if each() is not None]) < 1000


@virtual_time
async def test_closed() -> None:
    """A timetable that is closed sets no timer and wakes nobody."""
    timetable, before = made(), this_loop().jumps
    waiting = timetable.at(now() + 1.0)
    timetable.close()
    await asyncio.sleep(10.0)

    assert not waiting.done()
    assert this_loop().jumps - before == 1


@pytest.fixture
def frozen() -> Iterator[None]:
    """What is there now is not among the objects of the collector, which does not run."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


@pytest.mark.usefixtures("frozen")
@virtual_time
async def test_objects_of_an_endpoint_that_waits() -> None:
    """A check leaves few objects behind, through which each full collection has to go."""
    count = 200
    many = [dependency(Scripted(), f"dep-{number}") for number in range(count)]
    health = DependencyHealth("shop", "web", *many, exporters=[])
    await health.start()
    await asyncio.sleep(60.0)
    gc.freeze()
    await asyncio.sleep(60.0)
    held = len(gc.get_objects()) / count
    await health.stop()

    assert held < 6
