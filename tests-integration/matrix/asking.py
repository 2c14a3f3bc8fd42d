"""How a cell is asked: once with a clock, then many times, and nothing may be left of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote

from dephealth import SingleCheck, check_once
from dephealth.api import Dependency
from dephealth_testing import assert_nothing_left
from private_servers import PASSWORD

from .answer import Answer
from .servers import Servers
from .subjects import AT_ONCE, Subject
from .target import WRONG_PASSWORD, Target

TIMEOUT = 0.5
"""Seconds where the deadline is to strike."""
PATIENCE = 2.0
"""Seconds elsewhere: what fails, fails long before."""
RETRIES = 1.0
"""Seconds for an object that does not stop to try, and takes them all."""
PUNCTUAL = 0.1
"""Seconds by which a check may miss its deadline."""
CHECKS = int(os.environ.get("DEPHEALTH_MATRIX_CHECKS", "10"))
"""How often a cell that fails is asked again."""
_SECRETS = [text for one in (PASSWORD, WRONG_PASSWORD) for text in (one, quote(one, safe=""))]


@dataclass
class Scene:
    """A target, and what happens to it.

    Args:
        begin: Lets the fault set in; until then all is well. None if it is there already.
        end: Lets it be over.
        met_in_use: Whether connections meet the fault that are there when it sets in.
        in_use: Whether the application has used its object already, where nothing begins.
        strikes: Whether the deadline strikes, whatever is found.
    """

    target: Target
    begin: Callable[[], None] | None = None
    end: Callable[[], None] | None = None
    met_in_use: bool = True
    in_use: bool = False
    strikes: bool = False


Cell: TypeAlias = Callable[[Servers, Subject, Answer], Coroutine[Any, Any, None]]
MakeScene: TypeAlias = Callable[[Servers, Subject], AbstractAsyncContextManager[Scene]]


def of_scene(make: MakeScene) -> Cell:
    """The cell that asks in the scene that *make* gives, of a pool both new and in use."""

    async def cell(servers: Servers, subject: Subject, answer: Answer) -> None:
        async with assert_nothing_left(within=2.0), make(servers, subject) as scene:
            if scene.begin is None:
                await _ask(subject, scene, answer, warm=scene.in_use)
                return
            if subject.pooled and scene.met_in_use:
                await _ask(subject, scene, answer, warm=True)
            await _ask(subject, scene, answer, warm=False)

    return cell


async def _ask(subject: Subject, scene: Scene, answer: Answer, *, warm: bool) -> None:
    async with subject.open(scene.target, warm=warm) as dependency:
        assert_discreet(repr(dependency), repr(dependency.checker))
        if scene.begin is not None:
            if warm or not subject.pooled:
                await expect_well(dependency)
            scene.begin()
        await ask_often(subject, dependency, answer, strikes=scene.strikes)
        if scene.end is not None:
            scene.end()
            if subject.recovers or not warm:
                await expect_well(dependency)


async def ask_often(
    subject: Subject, dependency: Dependency, answer: Answer, *, strikes: bool = False
) -> None:
    """Ask once on time and alone, then, if it fails, often."""
    strikes = strikes or "timeout" in answer.details
    timeout = TIMEOUT if strikes else RETRIES if subject.retries else PATIENCE
    expect(await check(dependency, timeout), answer, timeout)
    if answer.details == ("ok",):
        return
    for _ in range(CHECKS // AT_ONCE):
        checks = (check(dependency, timeout) for _ in range(subject.at_once))
        for result in await asyncio.gather(*checks):
            expect(result, answer, timeout, alone=False)


async def expect_well(dependency: Dependency) -> None:
    """Assert that the check passes."""
    expect(await check(dependency), Answer(("ok",)), PATIENCE)


async def check(dependency: Dependency, timeout: float = PATIENCE, number: int = 0) -> SingleCheck:
    """Check the endpoint of that number as the scheduler does."""
    return await check_once(dependency.checker, dependency.endpoints[number], timeout)


def expect(result: SingleCheck, answer: Answer, timeout: float, *, alone: bool = True) -> None:
    """Assert that *result* is as *answer* says, on time, and tells no secret."""
    assert_discreet(repr(result))
    assert result.outcome is not None, result
    assert result.outcome.detail in answer.details, result
    assert str(result.outcome.status) == answer.status(result.outcome.detail)
    assert result.expected, f"nobody knows what it means: {result}"
    if alone:
        assert result.latency <= timeout + PUNCTUAL, result
    if alone and result.outcome.detail == "timeout":
        # Less only by time in which the loop was blocked, which does not count.
        assert result.latency >= timeout - PUNCTUAL, result


def assert_discreet(*texts: str) -> None:
    """Assert that no password is in *texts*."""
    for text in texts:
        assert not any(secret in text for secret in _SECRETS), text
