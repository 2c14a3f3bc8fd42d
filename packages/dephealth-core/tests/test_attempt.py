"""One check: what its end means, and how long it took."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from dephealth import (
    CONNECTION_REFUSED,
    ERROR,
    Endpoint,
    Outcome,
)
from dephealth._attempt import Attempt
from dephealth._checker import Deadline
from dephealth._classification import Finding
from dephealth._pulse import BEAT, Pulse
from dephealth_testing import virtual_time

from ._fakes import Scripted, Stubborn, hang
from ._trial import TIMEOUT_AFTER, Trial, tried
from ._virtual_time import block


@virtual_time
async def test_check_that_returns_has_no_finding() -> None:
    """A check that returns has found nothing wrong."""
    assert (await tried(Scripted())).finding is None


@virtual_time
async def test_latency_of_success() -> None:
    """The latency of a check that passes is the time from its call to its return."""
    assert (await tried(Scripted(0.3))).attempt.latency == pytest.approx(0.3)


@virtual_time
async def test_latency_of_failure() -> None:
    """The latency of a check that fails is the time from its call to what it raises."""

    async def refuse() -> None:
        await asyncio.sleep(0.7)
        raise ConnectionRefusedError

    trial = await tried(Scripted(refuse))

    assert trial.outcome == CONNECTION_REFUSED
    assert trial.attempt.latency == pytest.approx(0.7)


class OddError(BaseException):
    """No `Exception`."""


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no"),
        KeyboardInterrupt(),
        SystemExit(3),
        GeneratorExit(),
        OddError(),
        asyncio.CancelledError("of its own"),
        ExceptionGroup("several", [ValueError("a"), KeyError("b")]),
        BaseExceptionGroup("worse", [OddError()]),
        StopAsyncIteration(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_check_raises_is_its_result(error: BaseException) -> None:
    """What nobody knows is an error of that check, whatever class it has."""

    @virtual_time
    async def scenario() -> None:
        trial = await tried(Scripted(error))

        assert trial.finding == Finding(ERROR, error, expected=False)

    scenario()


@virtual_time
async def test_exception_group_is_looked_into() -> None:
    """A group means what a known member of it means."""
    group = ExceptionGroup("both addresses", [ValueError("?"), ConnectionRefusedError()])

    assert (await tried(Scripted(group))).outcome == CONNECTION_REFUSED


@virtual_time
async def test_check_that_is_no_coroutine() -> None:
    """A `check` that was written without async is an error, not a crash."""

    class Plain:
        def check(self, endpoint: Endpoint) -> None:
            pass

    trial = await tried(Plain())  # type: ignore[arg-type]  # that is the mistake

    assert trial.outcome == ERROR
    assert isinstance(trial.finding, Finding)
    assert isinstance(trial.finding.cause, TypeError)


@virtual_time
async def test_classify_that_raises() -> None:
    """A checker whose own knowledge of errors fails has found an error."""

    class Confused(Scripted):
        def classify(self, exc: BaseException) -> Outcome | None:
            raise LookupError("no such code") from exc

    trial = await tried(Confused(ValueError("x")))

    assert isinstance(trial.finding, Finding)
    assert isinstance(trial.finding.cause, LookupError)
    assert (trial.finding.outcome, trial.finding.expected) == (ERROR, False)


async def cancelled_after(seconds: float, step: Callable[[], object]) -> Trial:
    """A trial whose task somebody else cancels."""
    trial = Trial(Scripted(step))  # type: ignore[arg-type]  # a coroutine function
    await asyncio.sleep(seconds)
    trial.task.cancel()
    await asyncio.wait([trial.task])
    return trial


@pytest.mark.parametrize("seconds", [1.0, TIMEOUT_AFTER + 0.02])
def test_cancellation_by_others_passes_through(seconds: float) -> None:
    """Whoever else cancels the task ends it, before the deadline as after it."""

    async def slow_tidying() -> None:
        try:
            await hang()
        finally:
            await asyncio.sleep(0.04)

    @virtual_time
    async def scenario() -> None:
        trial = await cancelled_after(seconds, slow_tidying)

        assert trial.task.cancelled()

    scenario()


@virtual_time
async def test_swallowed_cancellation_stays_visible() -> None:
    """If the check swallows somebody's cancellation, the task can still tell."""
    trial = await cancelled_after(1.0, Stubborn(times=1))

    assert (trial.outcome, trial.cancelling) == (None, 1)


@virtual_time
async def test_cancellation_that_a_check_leaves_behind() -> None:
    """A check that cancels its own task without need has its result all the same."""

    async def careless() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            raise ConnectionRefusedError from None

    trial = await tried(Scripted(careless))

    assert (trial.outcome, trial.cancelling) == (CONNECTION_REFUSED, 1)


@virtual_time
async def test_blocked_loop_is_no_timeout() -> None:
    """Time in which the application blocked the loop is not the dependency's."""
    asyncio.get_running_loop().call_later(1.0, block, 5.0)

    assert (await tried(Scripted(1.5))).finding is None


@virtual_time
async def test_latency_without_blocked_time() -> None:
    """The latency excludes time in which the application blocked the loop."""
    asyncio.get_running_loop().call_later(0.1, block, 1.0)
    trial = await tried(Scripted(1.5))

    assert trial.attempt.latency == pytest.approx(0.5, abs=2 * BEAT)


async def tried_in_a_long_turn() -> Trial:
    """A check that waits twice; what ran after its begin, in the same turn, blocked for 5 s."""

    async def login() -> None:
        await asyncio.sleep(0.5)
        await asyncio.sleep(0.5)

    trial = Trial(Scripted(login))
    asyncio.get_running_loop().call_soon(block, 5.0)
    await trial.task
    return trial


@virtual_time
async def test_loop_blocked_at_the_start_is_no_timeout() -> None:
    """What blocks the loop in the turn in which a check begins is not the dependency's."""
    assert (await tried_in_a_long_turn()).finding is None


@virtual_time
async def test_latency_without_a_block_at_the_start() -> None:
    """The latency excludes what blocked the loop in the turn in which the check began."""
    trial = await tried_in_a_long_turn()

    assert trial.attempt.latency == pytest.approx(0.5, abs=2 * BEAT)


@virtual_time
async def test_check_that_blocks_took_the_time() -> None:
    """A check that blocks the loop and never waits is as slow as it is."""

    async def blocking() -> None:
        block(1.5)

    assert (await tried(Scripted(blocking))).attempt.latency == pytest.approx(1.5)


def test_coroutine_that_is_closed() -> None:
    """A check that dies with its loop has no finding."""
    loop = asyncio.new_event_loop()
    checker = Scripted(hang)
    findings: list[Finding | None] = []

    async def attempt() -> None:
        task = asyncio.current_task()
        assert task is not None
        pulse = Pulse(loop, loop.time)
        trial = Attempt(checker, 2, 10, pulse, loop.time, lambda *_: None)
        findings.append(await trial.run(Endpoint("h", "1"), task, Deadline()))

    async def begin() -> None:
        while not checker.starts:
            await asyncio.sleep(0)

    running = loop.create_task(attempt())
    loop.run_until_complete(begin())
    coroutine = running.get_coro()
    assert coroutine is not None
    coroutine.close()
    running.cancel()
    loop.run_until_complete(asyncio.wait([running]))
    loop.close()

    assert (checker.running, findings) == (0, [])
