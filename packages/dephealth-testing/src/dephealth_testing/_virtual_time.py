"""An event loop whose clock jumps to the next timer instead of waiting for it."""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine, Mapping
from contextvars import copy_context
from typing import Any, ParamSpec

from dephealth import clock

P = ParamSpec("P")

_BOUND = 5.0
"""Seconds, real ones, for which the loop waits for another thread when no timer is set."""


class _JumpingSelector(selectors.BaseSelector):
    """Takes what is ready; where a real one would wait, the clock jumps."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.now = 1000.0
        self.jumps = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None:
            if timeout > 0:
                self.now += timeout
                self.jumps += 1
            return self._real.select(0)
        ready = self._real.select(_BOUND)
        if not ready:
            raise TimeoutError(f"no timer is set, and nothing came for {_BOUND:g} s")
        return ready

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs callbacks in no time; only timers and `block` move its clock.

    `virtual_time` runs a test on one. Not for what waits for a peer or another
    thread: a timer that is set always comes first.
    """

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Give the virtual seconds."""
        return self._jumping.now

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Wait for the pool's threads; *timeout* would have passed at once."""
        del timeout
        await super().shutdown_default_executor()

    @property
    def jumps(self) -> int:
        """How often it has waited, and a timer has woken it."""
        return self._jumping.jumps

    def block(self, seconds: float) -> None:
        """Do as `time.sleep` in a callback."""
        self._jumping.now += seconds


def virtual_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run a coroutine test on a `VirtualLoop`, whose clock is that of the checks too.

    `DependencyHealth`, `check_once` and `time_left` go by it: an hour of
    checks passes in milliseconds. `start_sync` has a loop of its own, and real time.
    """

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            context = copy_context()
            context.run(clock.set, runner.get_loop().time)
            runner.run(test(*args, **kwargs), context=context)

    return run
