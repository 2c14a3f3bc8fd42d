"""`dephealth check`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from dephealth import Dependency

from ._checks import Verdict, check_all, close_all, places
from ._running import run
from ._selection import selects_dependencies, takes_timeout
from ._verdicts import show


@click.command(epilog="Exit code: 0 all healthy, 1 some are not, 2 they cannot be checked.")
@selects_dependencies
@takes_timeout
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(dependencies: Sequence[Dependency], timeout: float | None, as_json: bool) -> int:
    """Check once, all at the same time.

    The path of an http URL is what is asked for; without one it is /health.
    """
    verdicts = run(_checked(dependencies, timeout))
    show(verdicts, as_json=as_json)
    return 0 if all(verdict.status.healthy for verdict in verdicts) else 1


async def _checked(dependencies: Sequence[Dependency], timeout: float | None) -> list[Verdict]:
    verdicts = await check_all(places(dependencies), timeout)
    await close_all(dependencies)
    return verdicts
