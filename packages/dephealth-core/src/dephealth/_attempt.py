"""One check: its deadline, and what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from ._checker import Deadline, HealthChecker, deadline
from ._classification import Finding, classify, classify_at_deadline
from ._endpoint import Endpoint
from ._outcome import TIMEOUT, Outcome
from ._pulse import Pulse

if TYPE_CHECKING:
    from asyncio import Task

GRACE = 0.05
"""Seconds that a cancelled check has to unwind before its timeout is reported all the same."""


class Attempt:
    """Runs one check in the task that calls `run`, and ends it at its deadline.

    The check runs in the caller's own task, which costs no other one. If it
    does not end when cancelled, *report* is called with a timeout after the
    grace and again after each *interval*, for as long as it goes on: it is not
    abandoned, since checks of one endpoint never overlap.

    Args:
        checker: Whose check it is.
        timeout: Seconds until the deadline. Time in which the loop was blocked
            does not count.
        interval: Seconds after which a check that does not end fails again.
        pulse: Strikes the deadline, and tells how long the loop was blocked.
        clock: Gives seconds.
        report: Is called with what a check that does not end has come to.
    """

    __slots__ = (
        "_cancels", "_checker", "_clock", "_interval", "_loop", "_next", "_pulse", "_report",
        "_started", "_struck_after", "_task", "_timeout", "_waits", "deadline", "latency",
        "reported",
    )  # fmt: skip

    deadline: float
    """In the pulse's time; set when the check begins to wait."""

    def __init__(
        self,
        checker: HealthChecker,
        timeout: float,
        interval: float,
        pulse: Pulse,
        clock: Callable[[], float],
        report: Callable[[Finding, float], None],
    ) -> None:
        self._checker = checker
        self._timeout = timeout
        self._interval = interval
        self._pulse = pulse
        self._clock = clock
        self._report = report
        self._cancels = 0
        self._struck_after = 0.0
        self._waits = False
        self.reported = False
        """Whether *report* was called: then what `run` gives has been told already."""
        self.latency = 0.0
        """Seconds from the call of the checker to its end or its deadline."""

    async def run(self, endpoint: Endpoint, task: Task[None], until: Deadline) -> Finding | None:
        """Check *endpoint*; the finding if it fails, None if it works.

        *until* tells the check how long it has, as `time_left`.

        A cancellation that is not the deadline's passes through. If the check
        swallows it, there is a finding, and ``task.cancelling()`` is not 0.
        """
        self._task = task
        self._loop = asyncio.get_running_loop()
        self._started = self._clock()
        until.pulse, until.at = self._pulse, self._pulse.now() + self._timeout
        if deadline.get(None) is not until:
            deadline.set(until)
        # What ends at once needs no deadline.
        self._next: asyncio.Handle = self._loop.call_soon(self._on_wait)
        error: BaseException | None = None
        try:
            await self._checker.check(endpoint)
        except BaseException as exc:  # whatever a checker raises is its result
            if isinstance(exc, asyncio.CancelledError) and task.cancelling() > self._cancels:
                raise
            error = exc
        finally:
            self.latency = self._struck_after if self._cancels else self._elapsed()
            self._next.cancel()
            if self._waits:
                self._pulse.leave(self)
        try:
            return self._finding(error)
        finally:
            error = None  # its traceback holds this frame, which would hold it

    def _finding(self, error: BaseException | None) -> Finding | None:
        for _ in range(self._cancels):
            self._task.uncancel()
        own = getattr(self._checker, "classify", _unknown)
        if self._cancels:
            return classify_at_deadline(error, own)
        return None if error is None else classify(error, own)

    def _elapsed(self) -> float:
        if self._waits:
            return max(0.0, self._timeout - self.deadline + self._pulse.free())
        return self._clock() - self._started

    def _on_wait(self) -> None:
        self._waits = True
        self._pulse.enter(self, self._timeout, self._clock() - self._started)

    def strike(self) -> None:
        """Cancel the check; the pulse calls it at the deadline."""
        self._struck_after = self._elapsed()
        self._cancel(GRACE)

    def _on_overtime(self) -> None:
        self.reported = True
        ignored = TimeoutError("the check does not end although it was cancelled")
        self._report(Finding(TIMEOUT, ignored), self._struck_after)
        self._cancel(self._interval)

    def _cancel(self, patience: float) -> None:
        self._cancels += 1
        self._task.cancel()
        self._next = self._loop.call_later(patience, self._on_overtime)


def _unknown(_: BaseException) -> Outcome | None:
    return None
