"""A loop of one's own for a command, which ends when the command does."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

_GRACE = 0.3
"""Seconds that tasks have to end after they were cancelled."""

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """What *main* gives.

    Unlike `asyncio.run` it does not wait for a check that ignores its
    cancellation: that one dies with the process.

    Raises:
        KeyboardInterrupt: The user wants no more of it.
    """
    loop = asyncio.new_event_loop()
    task = loop.create_task(main)
    # Not Python's own handler: a check that is running would have it as its result.
    loop.add_signal_handler(signal.SIGINT, loop.stop)
    try:
        loop.run_until_complete(task)
    except RuntimeError:
        if task.done():
            raise
        raise KeyboardInterrupt from None
    finally:
        _end(loop)
    return task.result()


def _end(loop: asyncio.AbstractEventLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.wait(left, timeout=_GRACE))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.set_exception_handler(lambda *_: None)
    loop.close()
