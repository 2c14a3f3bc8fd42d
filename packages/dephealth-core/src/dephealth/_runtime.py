"""Where the checks of one object run, and whether they still do."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent import futures
from concurrent.futures import Future
from typing import Any, TypeVar

from ._background import BackgroundLoop

T = TypeVar("T")
Work = Callable[[], Coroutine[Any, Any, T]]


class Runtime:
    """Begins once, ends once, and brings work to the loop of the checks from anywhere."""

    def __init__(self) -> None:
        # Reentrant, since the handler of a signal may stop what it has interrupted.
        self._lock = threading.RLock()
        self._begun = False
        self._ended = False
        self._apart = False
        self._process = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._background: BackgroundLoop | None = None

    def running(self) -> bool:
        """Whether it has begun here and not ended; the end of its loop is one too."""
        closed = self._loop is not None and self._loop.is_closed()
        return self._begun and not self._ended and not closed and not self.forked()

    def forked(self) -> bool:
        """Whether it has begun before this process was forked from that in which it goes on."""
        return self._begun and self._process != os.getpid()

    def begin_here(self) -> None:
        """Run on the loop that is running now.

        Raises:
            RuntimeError: It has begun before.
        """
        loop = asyncio.get_running_loop()
        with self._lock:
            self._begin()
            self._loop = loop

    def begin_apart(self) -> None:
        """Run in a background thread, which starts when there is something to run.

        Raises:
            RuntimeError: It has begun before.
        """
        with self._lock:
            self._begin()
            self._apart = True

    def abandon(self) -> None:
        """Take a beginning back that failed."""
        with self._lock:
            background, self._background, self._loop = self._background, None, None
            self._begun = self._apart = False
        if background is not None:
            background.close()
            background.join()

    async def on_loop(self, work: Work[T]) -> T:
        """Do *work* on its loop, and wait for it on the loop that is running now.

        Raises:
            RuntimeError: It is not running.
        """
        return await asyncio.wrap_future(self._submit(work))

    def wait(self, work: Work[T]) -> T:
        """Do *work* on its loop, and block until it is done.

        Raises:
            RuntimeError: It is not running, its loop does not run, or this
                thread is that loop's own.
        """
        return self._submit(work, blocking=True).result()

    async def end(self, last: Work[None], within: float) -> bool:
        """End it with *last*, done on its loop. Nothing if it is not running.

        False if that takes longer than *within* seconds, as on a loop that is
        blocked; it ends by itself then as soon as it can.

        Raises:
            RuntimeError: As `wait`.
        """
        ending = self._submit_last(last)
        if ending is None:
            return True
        await asyncio.wait([asyncio.wrap_future(ending)], timeout=within)
        return self._has_ended(ending)

    def end_and_wait(self, last: Work[None], within: float) -> bool:
        """`end`, blocking."""
        ending = self._submit_last(last, blocking=True)
        if ending is None:
            return True
        futures.wait([ending], timeout=within)
        return self._has_ended(ending)

    @property
    def is_apart(self) -> bool:
        """Whether the loop is one of our own, in a background thread."""
        return self._apart

    def _begin(self) -> None:
        if self._ended:
            raise RuntimeError("it was stopped: make a new DependencyHealth to start again")
        if self.forked():
            raise RuntimeError(
                "it was started before this process was forked: make a new DependencyHealth here"
            )
        if self._begun:
            raise RuntimeError("it was started already")
        self._begun, self._process = True, os.getpid()

    def _submit(self, work: Work[T], *, blocking: bool = False) -> Future[T]:
        # The lock keeps work from coming after the last: nothing would ever answer it.
        with self._lock:
            if not self.running():
                raise RuntimeError("it is not running: start() it first")
            loop = self._reachable_loop(blocking)
            return asyncio.run_coroutine_threadsafe(work(), loop)

    def _submit_last(self, work: Work[None], *, blocking: bool = False) -> Future[None] | None:
        with self._lock:
            ending = None
            if self.running() and self._loop is not None:
                loop = self._reachable_loop(blocking)
                ending = asyncio.run_coroutine_threadsafe(work(), loop)
                if self._background is not None:
                    ending.add_done_callback(self._background.close)
                    ending = self._background.ended
            self._ended = self._ended or self._begun
            return ending

    def _has_ended(self, ending: Future[None]) -> bool:
        if ending.done() and self._background is not None:
            self._background.join()
        return ending.done()

    def _reachable_loop(self, blocking: bool) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._background = BackgroundLoop()
            self._loop = self._background.loop
        elif self._background is None and not self._loop.is_running():
            raise RuntimeError("the loop of start() does not run: only there can this be done")
        if blocking and asyncio._get_running_loop() is self._loop:  # noqa: SLF001  # the public one raises
            raise RuntimeError(
                "a _sync method would block the loop that it waits for: await the other"
            )
        return self._loop
