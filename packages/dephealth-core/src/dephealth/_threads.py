"""Blocking calls in threads of their own.

Not in the event loop's default executor, whose few threads the application
shares and on which name resolution waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(call: Callable[[], T], interrupt: Callable[[], object]) -> T:
    """What *call* gives, run in a daemon thread of its own.

    A cancelled caller does not leave before the thread has ended, so that
    checks of one endpoint never overlap; the core's deadline is told in time
    all the same.

    Args:
        call: The blocking call; `time_left()` works in it.
        interrupt: Makes *call* return soon, for example by shutting its socket
            down. Called on the event loop when the caller is cancelled; must
            not block.

    Raises:
        RuntimeError: The process can start no more threads.
    """
    loop = asyncio.get_running_loop()
    context = contextvars.copy_context()
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(context.run(call))
        except BaseException as exc:  # noqa: BLE001  # raised again where it is awaited
            errors.append(exc)
        with contextlib.suppress(RuntimeError):  # that loop has ended meanwhile
            loop.call_soon_threadsafe(wake)

    def wake() -> None:
        if not awaited.done():
            awaited.set_result(None)

    awaited = loop.create_future()
    threading.Thread(target=run, name="dephealth-check", daemon=True).start()
    cancelled: asyncio.CancelledError | None = None
    while not (results or errors):
        awaited = loop.create_future()
        try:
            await awaited
        except asyncio.CancelledError as exc:
            cancelled = exc
            interrupt()
    if cancelled is not None:
        raise cancelled  # what the call raises is a consequence of the interruption
    if errors:
        raise errors.pop()  # kept nowhere: its traceback leads to this frame
    return results[0]
