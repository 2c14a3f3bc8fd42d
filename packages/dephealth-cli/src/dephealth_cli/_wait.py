"""`dephealth wait`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click

from dephealth import Dependency

from ._checks import Place, Verdict, check_all, close_all, places
from ._output import on_terminal
from ._running import run
from ._selection import as_duration, selects_dependencies, takes_timeout
from ._verdicts import show, verdict_table

_PAUSE = 0.5
"""Seconds between the end of a round of checks and the start of the next."""

_LEAST = 0.1
"""Seconds that even the last check has."""


@click.command(epilog="Exit code: 0 all are healthy, 1 time is up, 2 they cannot be checked.")
@selects_dependencies
@click.option(
    "--for",
    "patience",
    callback=as_duration,
    metavar="DURATION",
    default="60s",
    show_default=True,
    help="How long to wait, such as 500ms, 30s or 2m.",
)
@takes_timeout
def command(dependencies: Sequence[Dependency], patience: float, timeout: float | None) -> int:
    """Wait until all are healthy, or time is up."""
    verdicts = run(_awaited(dependencies, patience, timeout))
    show(verdicts)
    return 0 if _all_up(verdicts) else 1


async def _awaited(
    dependencies: Sequence[Dependency], patience: float, timeout: float | None
) -> list[Verdict]:
    loop = asyncio.get_running_loop()
    end = loop.time() + patience
    everything = places(dependencies)
    verdicts = await check_all(everything, timeout, max(_LEAST, patience))
    with _progress() as tell:
        while (left := end - loop.time()) > 0 and not _all_up(verdicts):
            tell(verdicts, left)
            await asyncio.sleep(min(_PAUSE, left))
            down = [at for at, verdict in enumerate(verdicts) if not verdict.status.healthy]
            verdicts = await _again(everything, verdicts, down, timeout, end)
            if _all_up(verdicts) and len(down) < len(everything):
                # What was up before may have gone meanwhile.
                up = [at for at in range(len(everything)) if at not in down]
                verdicts = await _again(everything, verdicts, up, timeout, end)
    await close_all(dependencies)
    return verdicts


async def _again(
    everything: Sequence[Place],
    verdicts: Sequence[Verdict],
    chosen: Sequence[int],
    timeout: float | None,
    end: float,
) -> list[Verdict]:
    """*verdicts* with new ones on the *chosen* places."""
    left = max(_LEAST, end - asyncio.get_running_loop().time())
    fresh = await check_all([everything[at] for at in chosen], timeout, left)
    merged = dict(enumerate(verdicts)) | dict(zip(chosen, fresh, strict=True))
    return list(merged.values())


def _all_up(verdicts: Sequence[Verdict]) -> bool:
    return all(verdict.status.healthy for verdict in verdicts)


@contextmanager
def _progress() -> Iterator[Callable[[Sequence[Verdict], float], None]]:
    """What shows the state of things while they are waited for: a terminal alone."""
    if not on_terminal():
        yield lambda *_: None
        return
    from ._screen import Board

    with Board(screen=False) as board:
        yield lambda verdicts, left: board.show(
            verdict_table(verdicts), f"waiting for {left:.0f} s more"
        )
