"""A process that can open nothing more."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from dephealth_testing import assert_nothing_left

from .answer import Answer
from .asking import TIMEOUT
from .scenes import plain
from .servers import Servers
from .subjects import Subject
from .watching import INTERVAL, Sight, name_of, watching

PATIENCE = 3
"""Intervals for which the state is kept."""
_SPARE = 8
_TURNS = 20


@dataclass(frozen=True)
class Want:
    """What was found while nothing could be opened, in seconds from the begin of that."""

    found: Sequence[Sight]
    begun: float
    well_again: float
    """Seconds from its end until all was well."""

    def verify(self, answer: Answer) -> None:
        """Assert that nothing was found at first, then what *answer* says; and that it ended."""
        assert {sight.detail for sight in self.found} == {*answer.details}, self.found
        if answer.details != ("ok",):
            assert self.found[0].at - self.begun >= PATIENCE * INTERVAL, self.found
        assert self.well_again <= INTERVAL + 1.0


class _NoDescriptors:
    """Takes all descriptors that there are, of a number that is not too large to be taken."""

    def __enter__(self) -> Self:
        self._limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._taken = [os.open(os.devnull, os.O_RDONLY)]
        most = max(_open_numbers()) + _SPARE
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, self._limits[1]))
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, self._limits)
        for number in self._taken:
            os.close(number)

    def take(self) -> None:
        """Take those that have become free."""
        with suppress(OSError):
            while True:
                self._taken.append(os.dup(self._taken[0]))


def _open_numbers() -> list[int]:
    """The descriptors of this process."""
    return [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


async def run_short(servers: Servers, subjects: Sequence[Subject]) -> Mapping[Subject, Want]:
    """Check all subjects while this process can open nothing more."""
    places = {subject: plain(servers, subject) for subject in subjects}
    log, lines = logging.getLogger("dephealth.matrix"), _Lines()
    log.addHandler(lines)
    async with assert_nothing_left(within=5.0), watching(places, log=log) as watched:
        taken = time.monotonic()
        with _NoDescriptors() as descriptors:
            # What is under way ends, and gives back what it has.
            for _ in range(_TURNS):
                await asyncio.sleep(TIMEOUT / _TURNS)
                descriptors.take()
            begun = time.monotonic()
            for subject in subjects:
                moment = begun + PATIENCE * INTERVAL
                await watched.until(name_of(subject), moment, lambda _: True)
        ended = time.monotonic()
        wants = {}
        for subject in subjects:
            name = name_of(subject)
            well = await watched.until(name, ended, lambda sight: sight.detail == "ok")
            found = [sight for sight in watched.since(name, begun) if sight.at <= ended]
            wants[subject] = Want(found, taken, well.at - ended)
    assert len([line for line in lines.lines if "lacks" in line]) == 1, lines.lines
    return wants
