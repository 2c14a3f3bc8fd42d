"""How a cell is asked: once with a clock, then many times, and nothing may be left of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
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
    """

    target: Target
    begin: Callable[[], None] | None = None
    end: Callable[[], None] | None = None


Cell: TypeAlias = Callable[[Servers, Subject, Answer], Coroutine[Any, Any, None]]
MakeScene: TypeAlias = Callable[[Servers, Subject], AbstractAsyncContextManager[Scene]]


def of_scene(make: MakeScene) -> Cell:
    """The cell that asks in the scene that *make* gives, of a pool both new and in use."""

    async def cell(servers: Servers, subject: Subject, answer: Answer) -> None:
        async with make(servers, subject) as scene:
            if scene.begin is None:
                await _ask(subject, scene, answer, warm=False)
                return
            if subject.pooled:
                await _ask(subject, scene, answer, warm=True)
            await _ask(subject, scene, answer, warm=False)

    return cell


async def _ask(subject: Subject, scene: Scene, answer: Answer, *, warm: bool) -> None:
    async with declared(subject, scene.target, warm=warm) as dependency:
        if scene.begin is not None:
            if warm or not subject.pooled:
                expect(await check(dependency), Answer(("ok",)))
            scene.begin()
        await ask_often(dependency, answer)
        if scene.end is not None:
            scene.end()
            if subject.recovers or not warm:
                expect(await check(dependency), Answer(("ok",)))


@asynccontextmanager
async def declared(subject: Subject, target: Target, *, warm: bool) -> AsyncIterator[Dependency]:
    """What *subject* declares for *target*; nothing is left of it in the end."""
    async with assert_nothing_left(within=2.0):  # noqa: SIM117  # the pool ends within
        async with subject.open(target, warm=warm) as dependency:
            assert_discreet(repr(dependency), repr(dependency.checker))
            yield dependency


async def ask_often(dependency: Dependency, answer: Answer) -> None:
    """Ask once on time and alone, then, if it fails, often."""
    expect(await check(dependency), answer)
    for _ in range(0 if answer.details == ("ok",) else CHECKS // AT_ONCE):
        for result in await asyncio.gather(*(check(dependency) for _ in range(AT_ONCE))):
            expect(result, answer, alone=False)


async def check(dependency: Dependency, number: int = 0) -> SingleCheck:
    """Check the endpoint of that number as the scheduler does."""
    return await check_once(dependency.checker, dependency.endpoints[number], TIMEOUT)


def expect(result: SingleCheck, answer: Answer, *, alone: bool = True) -> None:
    """Assert that *result* is as *answer* says, on time, and tells no secret."""
    assert_discreet(repr(result))
    assert result.outcome is not None, result
    assert result.outcome.detail in answer.details, result
    assert str(result.outcome.status) == answer.status(result.outcome.detail)
    assert result.expected, f"nobody knows what it means: {result}"
    if alone:
        assert result.latency <= TIMEOUT + PUNCTUAL, result
    if result.outcome.detail == "timeout":
        assert result.latency >= TIMEOUT - 0.01, result


def assert_discreet(*texts: str) -> None:
    """Assert that no password is in *texts*."""
    for text in texts:
        assert not any(secret in text for secret in _SECRETS), text
