"""The tasks that check endpoints, one for each, on one event loop (docs/checks.md)."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from ._audience import Audience
from ._classification import Finding
from ._closing import close_checkers
from ._observer import Exporter
from ._pulse import Pulse
from ._rounds import Rounds
from ._timetable import Timetable
from ._watch import Address, Watch

_Task = asyncio.Task[None]


class Scheduler:
    """Begins and ends the checks of endpoints, on the loop that runs when `begin` is called.

    Args:
        watches: What to check, by address; changed from the loop's thread only.
        exporters: Are told of every endpoint and result.
        log: Where to write.
        max_concurrency: How many endpoints may have their first check at once.
        clock: Gives seconds, never going back.
        wall: Gives the time of day, which may jump: results are stamped with it, and no more.
    """

    def __init__(
        self,
        watches: dict[Address, Watch],
        exporters: Sequence[Exporter],
        log: logging.Logger,
        max_concurrency: int,
        clock: Callable[[], float],
        wall: Callable[[], datetime],
    ) -> None:
        self._watches = watches
        self._audience = Audience(exporters, log)
        self._rounds = Rounds(watches, self._audience, max_concurrency, clock, wall)
        self._log = log
        self._clock = clock
        self._tasks: dict[Watch, _Task] = {}
        self._leaving: dict[Watch, _Task] = {}
        self._context: contextvars.Context | None = None

    @property
    def patience(self) -> float:
        """Seconds that `end` takes at most. From any thread."""
        timeouts = [watch.policy.timeout for watch in (*self._tasks, *self._leaving)]
        return max(timeouts, default=0.0) + 0.5

    def begin(self) -> None:
        """Start checking everything; nothing if that was done.

        Raises:
            ConfigurationError: An exporter knows equal labels of another running
                object, or the application's object belongs to another loop;
                then nothing was started.
        """
        if self._context is not None:
            return
        loop = asyncio.get_running_loop()
        watches = list(self._watches.values())
        for watch in watches:
            watch.check_loop(loop)
        self._audience.added([watch.target for watch in watches if watch.target is not None])
        self._rounds.pulse = Pulse(loop, self._clock)
        self._rounds.timetable = Timetable(loop, self._clock)
        self._context = contextvars.copy_context()
        for watch in watches:
            self._start(watch)

    def add(self, watch: Watch) -> None:
        """Check one more endpoint.

        Raises:
            ConfigurationError: As `begin`.
        """
        self.begin()
        self._take_in(watch)
        self._watches[watch.address] = watch
        self._start(watch)

    def replace(self, old: Watch, new: Watch) -> None:
        """Check *new* instead of *old*, which is to be dismissed then.

        Raises:
            ConfigurationError: As `begin`; then *old* is still checked.
        """
        if new.address != old.address:
            self.add(new)
            self.forget(old)
            return
        new.check_loop(asyncio.get_running_loop())
        if old.target and new.target and old.target.label_values() == new.target.label_values():
            # No exporter takes equal labels twice.
            self._let_go(old)
            self._take_in(new)
        else:
            self._take_in(new)
            self._let_go(old)
        self._end(old)
        self._watches[new.address] = new
        self._start(new)

    def forget(self, watch: Watch) -> None:
        """Check an endpoint no longer; it is to be dismissed then."""
        del self._watches[watch.address]
        self._let_go(watch)
        self._end(watch)

    def exchange(self, leaving: Collection[Watch], coming: Collection[Watch]) -> None:
        """Check *coming* instead of *leaving*, which are to be dismissed then.

        A target that one has inherited from another is exported on without a gap.

        Raises:
            ConfigurationError: As `begin`; then *leaving* are still checked.
        """
        self.begin()
        for watch in coming:
            watch.check_loop(asyncio.get_running_loop())
        before = {watch.target for watch in leaving}
        self._audience.added(
            [watch.target for watch in coming if watch.target and watch.target not in before]
        )
        kept = {watch.target for watch in coming}
        for watch in leaving:
            del self._watches[watch.address]
            if watch.target not in kept:
                self._let_go(watch)
            self._end(watch)
        for watch in coming:
            self._watches[watch.address] = watch
            self._start(watch)

    async def dismiss(self, watches: Sequence[Watch]) -> None:
        """Wait for forgotten endpoints' tasks; close the checkers that nobody else has."""
        try:
            await self._see_out(watches)
        finally:
            used = {id(watch.checker) for watch in self._watches.values()}
            await close_checkers([each for each in watches if id(each.checker) not in used])

    async def end(self) -> None:
        """Cancel what runs, wait for it within the longest timeout, and close the checkers."""
        watches = list(self._tasks)
        for watch in watches:
            self._end(watch)
        try:
            await self._see_out(self._leaving)
        finally:
            if self._context is not None:
                self._rounds.timetable.close()
            await close_checkers(watches)

    def _take_in(self, watch: Watch) -> None:
        watch.check_loop(asyncio.get_running_loop())
        if watch.target is not None:
            self._audience.added([watch.target])

    def _let_go(self, watch: Watch) -> None:
        if watch.target is not None:
            self._audience.removed(watch.target)

    def _start(self, watch: Watch) -> None:
        # Not the context of a request that adds an endpoint: it would stay for as long.
        context = self._context.copy() if self._context is not None else None
        task = asyncio.create_task(
            self._rounds.run(watch), name=f"dephealth {watch.key}", context=context
        )
        self._tasks[watch] = task
        watch.active = True
        task.add_done_callback(functools.partial(self._on_end, watch))

    def _end(self, watch: Watch) -> None:
        watch.active = False
        task = self._tasks.pop(watch)
        if task.cancel():
            self._leaving[watch] = task

    async def _see_out(self, watches: Iterable[Watch]) -> None:
        """Wait within their timeouts for the tasks of *watches* that are ending."""
        tasks = {self._leaving[watch]: watch for watch in watches if watch in self._leaving}
        if not tasks:
            return
        patience = max(watch.policy.timeout for watch in tasks.values())
        _, pending = await asyncio.wait(tasks, timeout=patience)
        for task in pending:
            watch = tasks[task]
            self._log.error(
                "%s: its check does not end although it was cancelled", watch.log.subject
            )

    def _on_end(self, watch: Watch, task: _Task) -> None:
        failure = None if task.cancelled() else task.exception()
        if not watch.active:
            self._leaving.pop(watch, None)
            return
        # A checker or the application has cancelled it. (If that is the end of asyncio.run(),
        # the loop is closed before this timer fires.)
        task.get_loop().call_later(watch.policy.interval, self._resume, watch, task)
        if failure is not None:
            watch.log.failed(Finding(None, failure, expected=False), 0.0, self._clock())

    def _resume(self, watch: Watch, task: _Task) -> None:
        if self._tasks.get(watch) is not task:
            return
        if not watch.resumed:
            watch.resumed = True
            self._log.warning(
                "%s: its task has ended, but not by stop(); checking goes on", watch.log.subject
            )
        self._start(watch)
