"""One check outside of any schedule."""

import asyncio

import pytest

from dephealth import CheckAuthError, Endpoint, check_once

ENDPOINT = Endpoint("somewhere", "1")
BOUND = 2.0


class Raises:
    """A checker that raises what it was given."""

    def __init__(self, error: BaseException | None) -> None:
        self._error = error

    async def check(self, endpoint: Endpoint) -> None:
        if self._error is not None:
            raise self._error


class Hangs:
    """A checker that waits until it is released, whether it is cancelled or not."""

    def __init__(self, *, stubborn: bool) -> None:
        self.running = asyncio.Event()
        self.release = asyncio.Event()
        self.cancelled = asyncio.Event()
        self._stubborn = stubborn

    async def check(self, endpoint: Endpoint) -> None:
        self.running.set()
        while not self.release.is_set():
            try:
                await self.release.wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                if not self._stubborn:
                    raise


async def test_passed_check_is_ok() -> None:
    """A checker that returns makes an `ok` without a reason."""
    check = await check_once(Raises(None), ENDPOINT)

    assert check.outcome is not None
    assert (check.outcome.detail, check.reason, check.expected) == ("ok", "", True)


async def test_known_failure_says_why() -> None:
    """A checker that raises what is known makes that outcome, and the reason is its text."""
    check = await check_once(Raises(CheckAuthError("who are you")), ENDPOINT)

    assert check.outcome is not None
    assert (check.outcome.detail, check.expected) == ("auth_error", True)
    assert check.reason == "CheckAuthError: who are you"


async def test_unknown_failure_is_unexpected() -> None:
    """What nobody knows is an `error` that is marked as such."""
    check = await check_once(Raises(KeyError("what")), ENDPOINT)

    assert check.outcome is not None
    assert (check.outcome.detail, check.expected) == ("error", False)


async def test_lack_in_our_own_process_has_no_outcome() -> None:
    """Nothing is learnt by a check for which there was no memory."""
    check = await check_once(Raises(MemoryError()), ENDPOINT)

    assert check.outcome is None


@pytest.mark.parametrize("stubborn", [False, True])
async def test_timeout_is_kept(stubborn: bool) -> None:
    """The answer comes at the deadline, even if the check goes on."""
    checker = Hangs(stubborn=stubborn)
    check = await asyncio.wait_for(check_once(checker, ENDPOINT, timeout=0.1), BOUND)
    checker.release.set()

    assert check.outcome is not None
    assert check.outcome.detail == "timeout"
    assert check.latency == pytest.approx(0.1, abs=0.1)


async def test_cancellation_reaches_the_check() -> None:
    """Who cancels the call cancels the check, and is told when it has ended."""
    checker = Hangs(stubborn=False)
    task = asyncio.create_task(check_once(checker, ENDPOINT))
    await asyncio.wait_for(checker.running.wait(), BOUND)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert checker.cancelled.is_set()
