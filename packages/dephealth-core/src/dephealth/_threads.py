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
    done: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            result = context.run(call)
        except BaseException as exc:  # noqa: BLE001  # raised again where it is awaited
            # A future refuses StopIteration, which would end the coroutine that awaits it.
            stopped = isinstance(exc, StopIteration)
            failure = RuntimeError("the call raised StopIteration") if stopped else exc
            _hand_over(loop, lambda: done.set_exception(failure))
        else:
            _hand_over(loop, lambda: done.set_result(result))

    threading.Thread(target=run, name="dephealth-check", daemon=True).start()
    cancelled: asyncio.CancelledError | None = None
    while not done.done():
        try:
            await asyncio.wait([done])
        except asyncio.CancelledError as exc:
            cancelled = exc
            interrupt()
    if cancelled is None:
        return done.result()
    if not done.cancelled():
        done.exception()  # looked at: it is a consequence of the interruption
    raise cancelled


def _hand_over(loop: asyncio.AbstractEventLoop, deliver: Callable[[], object]) -> None:
    with contextlib.suppress(RuntimeError):  # that loop has ended meanwhile
        loop.call_soon_threadsafe(deliver)
