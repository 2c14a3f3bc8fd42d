"""Checkers, exporters and logs that behave as told, and a scheduler among them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Self

from dephealth import (
    Checker,
    ConfigurationError,
    Dependency,
    Endpoint,
    Exporter,
    HealthChecker,
    Target,
)
from dephealth._roster import Roster
from dephealth._scheduler import Scheduler
from dephealth._watch import Owner, Watch
from dephealth_testing import RecordingExporter

BOUND = 5.0
"""Seconds until a test that waits for an event has failed."""

Step = None | float | BaseException | Callable[[], Awaitable[object]]


class Scripted:
    """A checker that takes one step in each check, and the last one for ever.

    A step is an exception to raise, seconds to take, a coroutine function to
    call, or None to pass at once.
    """

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps) or [None]
        self.starts: list[float] = []
        self.ends: list[float] = []
        self.running = 0
        self.most_running = 0

    async def check(self, endpoint: Endpoint) -> None:
        loop = asyncio.get_running_loop()
        self.starts.append(loop.time())
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await _take(self.steps[min(len(self.starts), len(self.steps)) - 1])
        finally:
            self.running -= 1
            self.ends.append(loop.time())


async def _take(step: Step) -> None:
    if isinstance(step, BaseException):
        raise step.with_traceback(None)  # the traceback of one that is raised again grows
    if isinstance(step, int | float):
        await asyncio.sleep(step)
    elif step is not None:
        await step()


class Closing(Checker):
    """A checker that can be closed; both of its methods take the step that they were given."""

    type = "closing"

    def __init__(self, step: Step = None, closing: Step = None) -> None:
        self.checks = Scripted(step)
        self.closings = Scripted(closing)

    async def check(self, endpoint: Endpoint) -> None:
        await self.checks.check(endpoint)

    async def aclose(self) -> None:
        await self.closings.check(Endpoint("closing", "1"))

    @property
    def closed(self) -> int:
        """How often it was closed to the end."""
        return len(self.closings.ends)


async def hang() -> None:
    """Never end."""
    await asyncio.get_running_loop().create_future()


class Stubborn:
    """A step that ignores cancellation, as often as told, and then ends as told.

    Args:
        times: How many cancellations it swallows.
        end: Raised at the end, if given; else it returns.
    """

    def __init__(self, times: float = float("inf"), end: BaseException | None = None) -> None:
        self.times = times
        self.end = end
        self.cancelled_at: list[float] = []
        self.released = asyncio.Event()

    async def __call__(self) -> None:
        while not self.released.is_set() and len(self.cancelled_at) < self.times:
            try:
                await self.released.wait()
            except asyncio.CancelledError:
                self.cancelled_at.append(asyncio.get_running_loop().time())
        if self.end is not None:
            raise self.end


class Recorder(RecordingExporter):
    """One that may refuse targets.

    Args:
        refuses: Whether it refuses a target.
    """

    def __init__(self, refuses: Callable[[Target], bool] = lambda _: False) -> None:
        super().__init__()
        self.refuses = refuses

    def on_added(self, target: Target) -> None:
        if self.refuses(target):
            raise ConfigurationError("equal labels are exported already")
        super().on_added(target)

    async def until(self, number: int, dependency: str | None = "db", within: float = 60.0) -> None:
        await super().until(number, dependency, within)

    def of(self, name: str = "db") -> list[tuple[float, str]]:
        """When each result of a dependency came, and its detail."""
        return [(it.at, it.detail) for it in self.results if it.target.dependency == name]


class Lines(logging.Handler):
    """What was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.log = logging.Logger("dephealth.test")  # noqa: LOG001  # one of its own for each test
        self.log.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def at(self, level: int) -> list[str]:
        """The messages of one level."""
        return [record.getMessage() for record in self.records if record.levelno == level]

    def text(self) -> str:
        """All of it, with tracebacks."""
        return "\n".join(map(logging.Formatter().format, self.records))


def dependency(
    checker: HealthChecker,
    name: str = "db",
    *,
    endpoints: Iterable[Endpoint] | None = None,
    labels: dict[str, str] | None = None,
    **policy: float,
) -> Dependency:
    """A dependency of type ``tcp`` at one endpoint, unless others are given."""
    return Dependency(
        name=name,
        type="tcp",
        checker=checker,
        critical=True,
        endpoints=[Endpoint("db.svc", "1")] if endpoints is None else list(endpoints),
        labels=labels or {},
        policy=policy,
    )


class Bench:
    """A scheduler on the running loop and its clock.

    Checks every 10 s with a timeout of 2 s unless told otherwise.
    """

    def __init__(
        self,
        *dependencies: Dependency,
        max_concurrency: int = 100,
        exporters: Sequence[Exporter] = (),
        **common: float,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.exporter = Recorder()
        self.lines = Lines()
        owner = Owner("shop", "web", lambda: True)
        policy = {"interval": 10.0, "timeout": 2.0, **common}
        self.roster = Roster(owner, policy, self.lines.log)
        self.roster.declare(dependencies)
        self.lines.records.clear()
        self.wall = datetime.now(UTC)
        """What results are stamped with."""
        self.scheduler = Scheduler(
            self.roster.watches,
            [*exporters, self.exporter],
            self.lines.log,
            max_concurrency,
            self.loop.time,
            lambda: self.wall,
        )

    async def __aenter__(self) -> Self:
        self.began = self.loop.time()
        self.scheduler.begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.scheduler.end()

    @property
    def watch(self) -> Watch:
        """The only endpoint."""
        (watch,) = self.roster.watches.values()
        return watch

    def seconds(self, name: str = "db") -> list[tuple[float, str]]:
        """The results of a dependency, timed from the start."""
        return [(round(at - self.began, 6), detail) for at, detail in self.exporter.of(name)]
