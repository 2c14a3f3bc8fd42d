"""One check outside of any schedule: for command lines and tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from ._attempt import Attempt
from ._checker import Deadline, HealthChecker, clock
from ._classification import Finding
from ._endpoint import Endpoint
from ._outcome import OK, Outcome
from ._pulse import Pulse
from ._secret import Secret, scrub


class SingleCheck(NamedTuple):
    """What one check came to; `latency` in seconds."""

    outcome: Outcome | None
    """None if our own process lacks something (descriptors, memory, threads)."""
    latency: float
    reason: str = ""
    """Why it failed, for people; without secrets."""
    expected: bool = True
    """False if the check raised what nobody knows the meaning of."""


async def check_once(
    checker: HealthChecker, endpoint: Endpoint, timeout: float = 5.0
) -> SingleCheck:
    """Check *endpoint* as the scheduler does: one deadline, one classification.

    Args:
        checker: Whose check to run.
        endpoint: Where.
        timeout: Seconds. The answer comes then, even if the check goes on.
    """
    loop = asyncio.get_running_loop()
    late: asyncio.Future[SingleCheck] = loop.create_future()

    def overtime(finding: Finding, latency: float) -> None:
        if not late.done():
            late.set_result(_told(checker, finding, latency))

    now = clock.get()
    attempt = Attempt(checker, timeout, timeout, Pulse(loop, now), now, overtime)

    async def run() -> SingleCheck:
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("a coroutine of a loop runs in a task")
        finding = await attempt.run(endpoint, task, Deadline())
        return _told(checker, finding, attempt.latency)

    running = asyncio.ensure_future(run())
    try:
        await asyncio.wait([running, late], return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        running.cancel()
        await asyncio.wait([running])
        raise
    return late.result() if late.done() else running.result()


def _told(checker: HealthChecker, finding: Finding | None, latency: float) -> SingleCheck:
    if finding is None:
        return SingleCheck(OK, latency)
    secrets: Iterable[Secret] = getattr(checker, "secrets", tuple)()
    cause = finding.cause
    reason = scrub(f"{type(cause).__name__}: {cause}", secrets)
    return SingleCheck(finding.outcome, latency, reason, finding.expected)
