"""An event loop in one background thread, for programs that have none."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import Future

_GRACE = 0.05
"""Seconds that tasks have to end at the end of the loop, and again after they were cancelled."""


class BackgroundLoop:
    """Runs a loop in a daemon thread until closed."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._closing = False
        self.ended: Future[None] = Future()
        """Done when the thread is at its end."""
        self._thread = threading.Thread(target=self._run, name="dephealth", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            self.loop.close()
            raise

    def close(self, _: object = None) -> None:
        """End the loop, and with it the thread."""
        self.loop.call_soon_threadsafe(self._stop)

    def join(self) -> None:
        """Wait for the thread."""
        self._thread.join()

    def _stop(self) -> None:
        self._closing = True
        self.loop.stop()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            while not self._closing:
                # A task that a checker has started may raise one; asyncio stops the loop for it.
                with contextlib.suppress(KeyboardInterrupt, SystemExit):
                    self.loop.run_forever()
            self.loop.run_until_complete(_end_tasks())
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            # A check that never ends dies with the loop; the log has told of it already.
            self.loop.set_exception_handler(lambda *_: None)
        finally:
            self.loop.close()
            self.ended.set_result(None)


async def _end_tasks() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        _, left = await asyncio.wait(left, timeout=_GRACE)
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=_GRACE)
