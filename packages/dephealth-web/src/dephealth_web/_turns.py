"""Answers that take long, made in steps between which an event loop can run."""

from __future__ import annotations

import asyncio
from collections.abc import Generator

from ._response import Response

Steps = Generator[None, None, Response]


def at_once(steps: Steps) -> Response:
    """The answer, made without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return _answer(end)


async def in_turns(steps: Steps) -> Response:
    """The answer, made while the loop goes on: checks in it are not delayed."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return _answer(end)
        await asyncio.sleep(0)


def _answer(end: StopIteration) -> Response:
    response: Response = end.value
    return response
