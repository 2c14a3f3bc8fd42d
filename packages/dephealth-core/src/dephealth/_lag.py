"""How long an event loop was blocked, so that checks are not blamed for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

BEAT = 0.02
_TOLERANCE = 0.005


class LagMeter:
    """Beats while checks run; a beat that comes late tells how long the loop was blocked.

    Args:
        loop: The loop to watch.
        clock: Gives seconds.
    """

    __slots__ = ("_blocked", "_clock", "_due", "_loop", "_timer", "_users")

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Callable[[], float]) -> None:
        self._loop = loop
        self._clock = clock
        self._users = 0
        self._blocked = 0.0

    def enter(self) -> None:
        """A check begins."""
        self._users += 1
        if self._users == 1:
            self._arm()

    def leave(self) -> None:
        """A check has ended."""
        self._users -= 1
        if not self._users:
            self._timer.cancel()

    def blocked(self, now: float) -> float:
        """Seconds for which the loop was blocked while checks ran; asked while one does."""
        late = now - self._due
        return self._blocked + late if late > _TOLERANCE else self._blocked

    def _arm(self) -> None:
        self._due = self._clock() + BEAT
        self._timer = self._loop.call_later(BEAT, self._beat)

    def _beat(self) -> None:
        self._blocked = self.blocked(self._clock())
        self._arm()
