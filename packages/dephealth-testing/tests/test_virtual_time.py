"""Time that passes at once."""

from __future__ import annotations

import asyncio
import time

import pytest

from dephealth import Dependency, Endpoint, check_once, time_left
from dephealth.api import DependencyHealth
from dephealth_testing import RecordingExporter, VirtualLoop, virtual_time

HERE = Endpoint("db.svc", "1")


class Slow:
    """A checker whose checks take so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.left: list[float] = []

    async def check(self, endpoint: Endpoint) -> None:
        await asyncio.sleep(self.seconds)
        self.left.append(time_left())


def hourly(checker: Slow, recorder: RecordingExporter) -> DependencyHealth:
    dependency = Dependency(
        name="db", type="slow", checker=checker, critical=True, endpoints=[HERE]
    )
    return DependencyHealth(
        "shop", "web", dependency, check_interval=600, timeout=60, exporters=[recorder]
    )


def test_hours_pass_at_once() -> None:
    """A day of checks takes less than a few seconds."""
    recorder = RecordingExporter()

    @virtual_time
    async def a_day() -> None:
        health = hourly(Slow(1), recorder)
        await health.start()
        await recorder.until(144, within=3600)
        await health.stop()

    began = time.monotonic()
    a_day()
    assert time.monotonic() - began < 5.0
    first, *_, last = recorder.results
    assert last.at - first.at == pytest.approx(143 * 600)


@virtual_time
async def test_schedule_is_kept() -> None:
    """Checks begin an interval apart, however long they take."""
    recorder = RecordingExporter()
    health = hourly(Slow(1), recorder)
    await health.start()
    await recorder.until(3, within=3600)
    await health.stop()
    first, second, third = (result.at for result in recorder.results)
    assert [second - first, third - second] == pytest.approx([600, 600])


@virtual_time
async def test_latency_is_virtual() -> None:
    """A check's latency is what passed on the loop's clock."""
    assert (await check_once(Slow(2), HERE)).latency == pytest.approx(2.0)


@virtual_time
async def test_deadline_is_virtual() -> None:
    """A check that outlasts its timeout is one that timed out then."""
    check = await check_once(Slow(20), HERE, timeout=5.0)
    assert check.outcome is not None
    assert check.outcome.detail == "timeout"
    assert check.latency == pytest.approx(5.0)


@virtual_time
async def test_time_left_is_virtual() -> None:
    """A check is told the time that is left on the loop's clock."""
    checker = Slow(2)
    await check_once(checker, HERE, timeout=5.0)
    assert checker.left == pytest.approx([3.0])


@virtual_time
async def test_blocking_moves_the_clock() -> None:
    """A callback that blocks makes timers late."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    before, jumps = loop.time(), loop.jumps
    loop.block(5)
    await asyncio.sleep(1)
    assert (loop.time() - before, loop.jumps - jumps) == (6, 1)


@virtual_time
async def test_clock_waits_for_nothing_that_may_never_come() -> None:
    """A timer comes before an answer of another thread, however long it is set."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.to_thread(time.sleep, 0.2), 1000)


def test_nothing_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that waits for nothing fails instead of hanging."""
    monkeypatch.setattr("dephealth_testing._virtual_time._BOUND", 0.05)

    @virtual_time
    async def waiting() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(TimeoutError, match="no timer is set"):
        waiting()


def test_clock_is_the_tests_alone() -> None:
    """After a test in virtual time, checks are timed as ever."""

    @virtual_time
    async def nothing() -> None:
        await asyncio.sleep(1000)

    nothing()
    assert asyncio.run(check_once(Slow(0), HERE)).latency < 100
