"""A process that can open nothing more."""

from __future__ import annotations

import logging
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from dephealth_testing import assert_nothing_left

from .answer import Answer
from .scenes import plain
from .servers import Servers
from .subjects import Subject
from .watching import INTERVAL, Sight, name_of, watching

PATIENCE = 3
"""Intervals for which the state is kept."""


@dataclass(frozen=True)
class Want:
    """What was found while nothing could be opened, in seconds from the begin of that."""

    found: Sequence[Sight]
    begun: float
    well_again: float
    """Seconds from its end until all was well."""

    def verify(self, answer: Answer) -> None:
        """Assert that nothing was found at first, then what *answer* says; and that it ended."""
        assert {sight.detail for sight in self.found} == {*answer.details}
        if answer.details != ("ok",):
            assert self.found[0].at - self.begun >= PATIENCE * INTERVAL, self.found
        assert self.well_again <= INTERVAL + 1.0


@contextmanager
def _no_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


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
        begun = time.monotonic()
        with _no_descriptors():
            for subject in subjects:
                moment = begun + PATIENCE * INTERVAL
                await watched.until(name_of(subject), moment, lambda _: True)
        ended = time.monotonic()
        wants = {}
        for subject in subjects:
            name = name_of(subject)
            well = await watched.until(name, ended, lambda sight: sight.detail == "ok")
            found = [sight for sight in watched.since(name, begun) if sight.at <= ended]
            wants[subject] = Want(found, begun, well.at - ended)
    assert len([line for line in lines.lines if "lacks" in line]) == 1, lines.lines
    return wants
