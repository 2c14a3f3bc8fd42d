"""One timer for all checks that wait: their deadlines, and what the application blocked."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Protocol

BEAT = 0.02
_TOLERANCE = 0.005
_PUNCTUAL = 0.001


class Waiting(Protocol):
    """A check that waits for something."""

    deadline: float
    """When it has to be done, in the time of `Pulse.free`."""

    def strike(self) -> None:
        """Its deadline has come, and the pulse has forgotten it."""


class Pulse:
    """Beats while checks wait: strikes their deadlines, and tells how long the loop was blocked.

    A timer for each check would cost more than all the rest of one that is
    quickly done. A beat that comes late tells that the loop was blocked.

    Args:
        loop: The loop of the checks.
        clock: Gives seconds.
    """

    __slots__ = ("_blocked", "_clock", "_context", "_due", "_loop", "_timer", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Callable[[], float]) -> None:
        self._loop = loop
        self._clock = clock
        # Not that of whichever check comes first, as it strikes the deadlines of others too.
        self._context = contextvars.copy_context()
        self._waiting: dict[Waiting, None] = {}
        self._blocked = 0.0

    def free(self) -> float:
        """The clock, less the seconds for which the loop was blocked while checks waited.

        Asked while one does.
        """
        now = self._clock()
        late = now - self._due
        return now - self._blocked - (late if late > _TOLERANCE else 0.0)

    def now(self) -> float:
        """The same, to be asked at any time. From any thread."""
        return self.free() if self._waiting else self._clock() - self._blocked

    def enter(self, check: Waiting, timeout: float, spent: float = 0.0) -> None:
        """*check*, begun *spent* seconds ago, waits now; *timeout* is free time from its begin.

        If that is long ago the loop has been blocked since: what was ready
        beside the check has run before this.
        """
        if spent <= _TOLERANCE:
            timeout -= spent
        elif not self._waiting:
            self._blocked += spent  # no beat was due that would tell
        if self._waiting:
            check.deadline = self.free() + timeout
        else:
            check.deadline = self._arm(timeout) + timeout
        self._waiting[check] = None

    def leave(self, check: Waiting) -> None:
        """*check* has ended; nothing if its deadline was struck."""
        if self._waiting.pop(check, self) is None and not self._waiting:
            self._timer.cancel()

    def _arm(self, soonest: float) -> float:
        """Beat after *soonest* seconds, or before; gives the free time of now."""
        now = self._clock()
        delay = min(BEAT, max(0.0, soonest))
        self._due = now + delay
        self._timer = self._loop.call_later(delay, self._beat, context=self._context)
        return now - self._blocked

    def _beat(self) -> None:
        free = self.free()
        self._due = self._clock()
        self._blocked = self._due - free
        for check in [each for each in self._waiting if each.deadline <= free + _PUNCTUAL]:
            del self._waiting[check]
            check.strike()
        if self._waiting:
            self._arm(min(check.deadline for check in self._waiting) - free)
