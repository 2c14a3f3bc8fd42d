"""The end of a check that does not end by itself."""

from __future__ import annotations

import asyncio

import pytest

from dephealth import (
    CONNECTION_REFUSED,
    DNS_ERROR,
    TIMEOUT,
)
from dephealth._pulse import BEAT
from dephealth._resolver import Resolver
from dephealth_testing import virtual_time

from ._fakes import Scripted, Stubborn, hang
from ._trial import TIMEOUT_AFTER, tried
from ._virtual_time import block


@virtual_time
async def test_deadline_ends_a_check_that_hangs() -> None:
    """A check that does not end by itself is a timeout when its time has run out."""
    trial = await tried(Scripted(hang))

    assert trial.outcome == TIMEOUT
    assert trial.ended == pytest.approx(TIMEOUT_AFTER, abs=0.1)


@virtual_time
async def test_latency_of_a_timeout() -> None:
    """A timeout records the time until it struck, not that of the tidying after it."""

    async def slow_tidying() -> None:
        try:
            await hang()
        finally:
            await asyncio.sleep(0.04)

    assert (await tried(Scripted(slow_tidying))).attempt.latency == pytest.approx(TIMEOUT_AFTER)


@virtual_time
async def test_no_cancellation_is_left_after_a_timeout() -> None:
    """The task that ran the check can await again."""
    assert (await tried(Scripted(hang))).cancelling == 0


@virtual_time
async def test_check_that_returns_when_cancelled() -> None:
    """Time ran out, even if the check returns normally then."""
    trial = await tried(Scripted(Stubborn(times=1)))

    assert (trial.outcome, trial.attempt.reported) == (TIMEOUT, False)


@virtual_time
async def test_check_that_fails_in_its_tidying() -> None:
    """What goes wrong because of the cancellation does not hide the timeout."""
    trial = await tried(Scripted(Stubborn(times=1, end=ConnectionResetError())))

    assert trial.outcome == TIMEOUT


@virtual_time
async def test_timeout_is_told_in_time_of_a_check_that_ignores_it() -> None:
    """The timeout is kept to within 100 ms, also if the check goes on."""
    trial = await tried(Scripted(Stubborn(times=2)))
    ((told_after, finding),) = trial.reports

    assert finding.outcome == TIMEOUT
    assert told_after == pytest.approx(TIMEOUT_AFTER, abs=0.1)


@virtual_time
async def test_stubborn_check_is_cancelled_again() -> None:
    """Cancellation comes again when it was ignored, and then once in each interval."""
    stubborn = Stubborn(times=4)
    trial = await tried(Scripted(stubborn))

    assert [round(at - trial.began, 6) for at in stubborn.cancelled_at] == [2.0, 2.05, 12.05, 22.05]


@virtual_time
async def test_stubborn_check_fails_in_each_interval() -> None:
    """A check that never ends is a timeout again and again."""
    trial = await tried(Scripted(Stubborn(times=4)))

    assert [(at, finding.outcome) for at, finding in trial.reports] == [
        (2.05, TIMEOUT),
        (12.05, TIMEOUT),
        (22.05, TIMEOUT),
    ]


@virtual_time
async def test_many_cancellations_leave_none() -> None:
    """However often it had to be cancelled, nothing of it is left."""
    assert (await tried(Scripted(Stubborn(times=4)))).cancelling == 0


@virtual_time
async def test_deadline_in_name_resolution() -> None:
    """A deadline that strikes while a name is resolved is a DNS error."""
    answer = asyncio.Event()
    loop = asyncio.get_running_loop()

    def silent(_: str) -> tuple[str, ...]:
        asyncio.run_coroutine_threadsafe(answer.wait(), loop).result(10)
        return ("127.0.0.1",)

    resolver = Resolver(silent)
    trial = await tried(Scripted(lambda: resolver.resolve("db.svc")))
    answer.set()

    assert trial.outcome == DNS_ERROR


@virtual_time
async def test_deadline_between_known_failures() -> None:
    """A client that retries a refusal when the deadline strikes was refused."""

    async def retry() -> None:
        while True:
            try:
                raise ConnectionRefusedError
            except ConnectionRefusedError:
                await asyncio.sleep(0.3)

    assert (await tried(Scripted(retry))).outcome == CONNECTION_REFUSED


@virtual_time
async def test_own_timeout_of_a_driver() -> None:
    """A driver whose own timeout comes first is a timeout at that moment."""

    async def impatient() -> None:
        async with asyncio.timeout(0.5):
            await hang()

    trial = await tried(Scripted(impatient))

    assert trial.outcome == TIMEOUT
    assert trial.attempt.latency == pytest.approx(0.5)


@virtual_time
async def test_own_timeout_of_a_driver_at_the_deadline() -> None:
    """Two timeouts in one moment leave no cancellation behind."""

    async def impatient() -> None:
        async with asyncio.timeout(TIMEOUT_AFTER):
            await hang()

    trial = await tried(Scripted(impatient))

    assert (trial.outcome, trial.cancelling) == (TIMEOUT, 0)


@virtual_time
async def test_deadline_moves_by_the_blocked_time() -> None:
    """A check that hangs while the loop is blocked still has its whole time."""
    asyncio.get_running_loop().call_later(0.5, block, 4.0)
    trial = await tried(Scripted(hang))

    assert trial.ended == pytest.approx(TIMEOUT_AFTER + 4.0, abs=2 * BEAT)
