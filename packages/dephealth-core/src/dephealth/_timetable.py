"""One timer for all endpoints that wait for their next check."""

from __future__ import annotations

import asyncio
import contextvars
import math
from collections.abc import Callable
from heapq import heapify, heappop, heappush

_PUNCTUAL = 0.001
"""Seconds that a check may come before its time: loops count in milliseconds."""
_FEW = 100


class Timetable:
    """Wakes who waits for a time.

    A timer for each one, as `asyncio.sleep` sets it, takes four more objects
    while it waits, through which Python's collector of garbage has to walk
    (docs/checks.md, "Thousands of endpoints").

    Args:
        loop: The loop of those who wait.
        clock: Gives seconds.
    """

    __slots__ = ("_clock", "_context", "_loop", "_most", "_timer", "_times", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Callable[[], float]) -> None:
        self._loop = loop
        self._clock = clock
        # Not that of whoever waits first, as it is the timer of others too.
        self._context = contextvars.copy_context()
        self._times: list[float] = []
        self._waiting: dict[float, asyncio.Future[None]] = {}
        self._most = _FEW
        self._timer: asyncio.TimerHandle | None = None

    def at(self, time: float) -> asyncio.Future[None]:
        """Is done at *time*, of the clock; to be awaited by one task, which may be cancelled."""
        if len(self._times) > self._most:
            self._forget_cancelled()
        while time in self._waiting:
            time = math.nextafter(time, math.inf)
        woken = self._waiting[time] = self._loop.create_future()
        heappush(self._times, time)
        if self._timer is None or self._times[0] == time:
            self._set_timer()
        return woken

    def close(self) -> None:
        """Wake nobody any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._times.clear()
        self._waiting.clear()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        delay = max(0.0, self._times[0] - self._clock())
        self._timer = self._loop.call_later(delay, self._wake, context=self._context)

    def _wake(self) -> None:
        self._timer = None
        now = self._clock() + _PUNCTUAL
        while self._times and self._times[0] <= now:
            woken = self._waiting.pop(heappop(self._times))
            if not woken.done():
                woken.set_result(None)
        if self._times:
            self._set_timer()

    def _forget_cancelled(self) -> None:
        self._waiting = {time: each for time, each in self._waiting.items() if not each.done()}
        self._times = [*self._waiting]
        heapify(self._times)
        self._most = _FEW + 2 * len(self._times)
