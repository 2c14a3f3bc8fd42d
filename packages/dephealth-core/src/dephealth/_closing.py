"""The end of checkers: what they hold is released."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from ._checker import Checker
from ._watch import Watch

_TIDYING = 0.3
"""Seconds that a checker has to close."""

_GRACE = 0.05


async def close_checkers(watches: Iterable[Watch]) -> None:
    """Close the checkers of *watches*, each once; what goes wrong is logged."""
    closing = {
        asyncio.create_task(_close(watch.checker, watch))
        for watch in {id(watch.checker): watch for watch in watches}.values()
        if isinstance(watch.checker, Checker)
    }
    if not closing:
        return
    _, late = await asyncio.wait(closing, timeout=_TIDYING)
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=_GRACE)


async def _close(checker: Checker, watch: Watch) -> None:
    try:
        await checker.aclose()
    except asyncio.CancelledError as exc:
        watch.log.trouble("its checker does not close", exc)
    except BaseException as exc:  # noqa: BLE001  # it must not keep others from being closed
        watch.log.trouble("its checker failed to close", exc)
