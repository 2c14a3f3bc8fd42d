"""What a piece of code leaves behind: descriptors, threads, tasks."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from ._descriptors import Descriptor, describe, open_descriptors

if TYPE_CHECKING:
    from types import FrameType, TracebackType

_PAUSE = 0.005


def assert_nothing_left(*, within: float = 1.0) -> LeakCheck:
    """Make a context manager that fails if its block leaves something behind.

    Both `with` and `async with`; inside an event loop take the second, which
    counts the loop's tasks and lets them end. A thread of asyncio's own pool
    that waits for work is not counted: it belongs to the loop.

    Args:
        within: Seconds that things get to end by themselves.
    """
    return LeakCheck(within)


class LeakCheck:
    """What `assert_nothing_left` gives.

    Raises:
        AssertionError: Something is left; it is listed. (On leaving a block
            that did not raise itself.)
    """

    def __init__(self, within: float) -> None:
        self._within = within

    def __enter__(self) -> Self:
        self._before = _Footprint.now()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            return
        deadline = time.monotonic() + self._within
        while (left := self._left()) and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        self._judge(left)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            return
        deadline = time.monotonic() + self._within
        # Nothing tells when a descriptor closes.
        while (left := self._left()) and time.monotonic() < deadline:
            await asyncio.sleep(_PAUSE)
        self._judge(left)

    def _left(self) -> list[str]:
        return _Footprint.now().beyond(self._before)

    def _judge(self, left: list[str]) -> None:
        if left:
            listed = "".join(f"\n- {name}" for name in left)
            raise AssertionError(f"left behind, {self._within:g} s after the end:{listed}")


@dataclass(frozen=True)
class _Footprint:
    """What the process holds at one moment."""

    descriptors: frozenset[Descriptor]
    threads: frozenset[threading.Thread]
    tasks: frozenset[asyncio.Task[Any]]

    @classmethod
    def now(cls) -> Self:
        return cls(open_descriptors(), _threads(), _tasks())

    def beyond(self, earlier: _Footprint) -> list[str]:
        """Name what is here and was not in *earlier*."""
        return [
            *map(describe, sorted(self.descriptors - earlier.descriptors)),
            *map(_described_thread, self.threads - earlier.threads),
            *map(repr, self.tasks - earlier.tasks),
        ]


def _threads() -> frozenset[threading.Thread]:
    return frozenset(thread for thread in threading.enumerate() if not _is_spare(thread))


def _tasks() -> frozenset[asyncio.Task[Any]]:
    try:
        return frozenset(asyncio.all_tasks())
    except RuntimeError:  # no loop runs here
        return frozenset()


def _is_spare(thread: threading.Thread) -> bool:
    """Tell a thread of asyncio's own pool that waits for work from a busy one."""
    frame = _frame(thread)
    return (
        thread.name.startswith(("asyncio_", "uvloop_"))
        and frame is not None
        and frame.f_code.co_name == "_worker"
    )


def _described_thread(thread: threading.Thread) -> str:
    frame = _frame(thread)
    if frame is None:
        return repr(thread)
    return f"{thread!r} in {frame.f_code.co_name}() at {frame.f_code.co_filename}:{frame.f_lineno}"


def _frame(thread: threading.Thread) -> FrameType | None:
    return sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 - documented all the same
