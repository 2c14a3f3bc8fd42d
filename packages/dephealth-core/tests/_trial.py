"""An attempt in a task of its own."""

from __future__ import annotations

import asyncio

from dephealth import (
    Endpoint,
    HealthChecker,
    Outcome,
)
from dephealth._attempt import Attempt
from dephealth._checker import Deadline
from dephealth._classification import Finding
from dephealth._pulse import Pulse

from ._virtual_time import now

TIMEOUT_AFTER = 2.0

INTERVAL = 10.0


class Trial:
    """An attempt in a task of its own, and what came of it."""

    def __init__(self, checker: HealthChecker) -> None:
        self.reports: list[tuple[float, Finding]] = []
        loop = asyncio.get_running_loop()
        pulse = Pulse(loop, loop.time)
        self.attempt = Attempt(checker, TIMEOUT_AFTER, INTERVAL, pulse, loop.time, self._report)
        self.began = loop.time()
        self.ended = 0.0
        self.finding: Finding | None = None
        self.cancelling = 0
        self.task: asyncio.Task[None] = asyncio.create_task(self._run())

    def _report(self, finding: Finding, _: float) -> None:
        self.reports.append((round(now() - self.began, 6), finding))

    async def _run(self) -> None:
        self.finding = await self.attempt.run(Endpoint("db.svc", "1"), self.task, Deadline())
        self.ended = now() - self.began
        self.cancelling = self.task.cancelling()

    @property
    def outcome(self) -> Outcome | None:
        return self.finding.outcome if self.finding else None


async def tried(checker: HealthChecker) -> Trial:
    trial = Trial(checker)
    await trial.task
    return trial
