"""The checks of one endpoint, one after the other, and what becomes of their results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import cast

from ._attempt import Attempt
from ._audience import Audience
from ._checker import Deadline
from ._classification import Finding
from ._endpoint import Endpoint
from ._outcome import ERROR, OK, TIMEOUT, Outcome
from ._pulse import Pulse
from ._report import REPEAT_AFTER
from ._state import CheckResult, next_start, place
from ._timetable import Timetable
from ._watch import Address, Watch
from .errors import ConfigurationError, NotYetError

_RETRY = 1.0
"""Seconds until a check is tried again that could not be made at all."""

_PATIENCE = 3
"""Intervals without a result until a lack in our own process is an error."""

_Task = asyncio.Task[None]


class Rounds:
    """Checks endpoints, each in the task that calls `run`, and spreads their checks.

    Args:
        watches: All of them, by address.
        audience: Is told of each result.
        max_concurrency: How many may have their first check at once.
        clock: Gives seconds, never going back.
        wall: Gives the time of day, which may jump.
    """

    pulse: Pulse
    """That of the loop; set before the first `run`."""

    timetable: Timetable
    """The same."""

    def __init__(
        self,
        watches: dict[Address, Watch],
        audience: Audience,
        max_concurrency: int,
        clock: Callable[[], float],
        wall: Callable[[], datetime],
    ) -> None:
        self._watches = watches
        self._audience = audience
        self._clock = clock
        self._wall = wall
        self._first = asyncio.Semaphore(max_concurrency)
        self._places: dict[float, tuple[float, int]] = {}
        self._short_logged: float | None = None

    async def run(self, watch: Watch) -> None:
        """Check *watch* until cancelled."""
        task = cast("_Task", asyncio.current_task())
        until = Deadline()
        interval = watch.policy.interval
        if watch.state.last is None:
            await asyncio.sleep(watch.policy.initial_delay)
        while (origin := watch.origin) is None:
            if not await self._first_attempt(watch, task, until):
                await asyncio.sleep(_RETRY)
        while True:
            due = next_start(origin, interval, watch.due)
            await self.timetable.at(due)
            watch.due = max(due, self._clock())
            while not await self._attempt(watch, task, until):
                await asyncio.sleep(_RETRY)
                watch.due = self._clock()

    async def _first_attempt(self, watch: Watch, task: _Task, until: Deadline) -> bool:
        await self._first.acquire()
        watch.queued = True
        watch.due = self._clock()
        try:
            return await self._attempt(watch, task, until)
        except GeneratorExit:
            watch.queued = False  # the loop is closed: nobody can be let in
            raise
        finally:
            self._let_next_in(watch)
            if watch.state.last is not None:
                watch.origin = self._give_place(watch.policy.interval, watch.due)

    def _let_next_in(self, watch: Watch) -> None:
        if watch.queued:
            watch.queued = False
            self._first.release()

    def _give_place(self, interval: float, first_start: float) -> float:
        """A time at which checks of one more endpoint are due, apart from those of others."""
        origin, order = self._places.get(interval, (first_start, 0))
        self._places[interval] = origin, order + 1
        return origin + place(order) * interval

    async def _attempt(self, watch: Watch, task: _Task, until: Deadline) -> bool:
        """Check once; whether there is a result."""
        endpoint = watch.endpoint or self._locate(watch)
        target = watch.target
        if endpoint is None or target is None:
            return False

        def overtime(finding: Finding, latency: float) -> None:
            self._let_next_in(watch)
            self._record(watch, TIMEOUT, latency, finding)

        policy = watch.policy
        attempt = Attempt(
            watch.checker, policy.timeout, policy.interval, self.pulse, self._clock, overtime
        )
        with self._audience.around(target):
            # Not in a variable: the exception's traceback leads to this frame.
            settled = self._settle(watch, attempt, await attempt.run(endpoint, task, until))
        if task.cancelling():
            # Somebody else wants this task to end, and the check has swallowed that.
            raise asyncio.CancelledError
        return settled

    def _settle(self, watch: Watch, attempt: Attempt, finding: Finding | None) -> bool:
        """Record what a check that has ended came to; whether that is a result."""
        if attempt.reported:
            return True
        outcome: Outcome | None = OK
        if finding is not None:
            if isinstance(finding.cause, NotYetError):
                if watch.state.last is None:
                    return False
                finding = Finding(ERROR, finding.cause)
            outcome = finding.outcome or self._shortage(watch, finding.cause)
        if outcome is None:
            return False
        self._record(watch, outcome, attempt.latency, finding)
        return True

    def _shortage(self, watch: Watch, cause: BaseException) -> Outcome | None:
        """The outcome of a check for which our own process lacks something; None at first."""
        now = self._clock()
        if watch.short_since is None:
            watch.short_since = now
        if self._short_logged is None or now - self._short_logged >= REPEAT_AFTER:
            self._short_logged = now
            watch.log.trouble("no result, as this process lacks something", cause)
        return ERROR if now - watch.short_since >= _PATIENCE * watch.policy.interval else None

    def _locate(self, watch: Watch) -> Endpoint | None:
        """Read the address from the application's object; None while it cannot be."""
        checker = watch.pooled_checker
        if checker is None:
            raise AssertionError(
                f"{watch.key} has neither an address nor an object to read it from"
            )
        unplaced = watch.address
        try:
            host, port = checker.locate(checker.borrow())
            endpoint = Endpoint(host, str(port))
            if (watch.dependency, endpoint.host, endpoint.port) in self._watches:
                raise ConfigurationError(f"endpoint {endpoint} is checked already")
            self._audience.added([watch.place_at(endpoint)])
        except BaseException as exc:  # noqa: BLE001  # the callable is the application's own
            watch.unplace()
            if not isinstance(exc, NotYetError):
                watch.log.failed(Finding(None, exc, expected=False), 0.0, self._clock())
            return None
        self._watches[watch.address] = self._watches.pop(unplaced)
        return endpoint

    def _record(
        self, watch: Watch, outcome: Outcome, latency: float, finding: Finding | None
    ) -> None:
        target = watch.target
        if not watch.active or target is None:
            return
        if finding is None or finding.outcome is not None:
            watch.short_since = None
        before = watch.state
        after = watch.record(CheckResult(outcome, latency, self._wall()))
        self._audience.result(target, after)
        if finding is not None:
            watch.log.failed(finding, latency, self._clock())
        watch.log.changed(before, after)
