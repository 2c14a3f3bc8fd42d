"""`dephealth watch`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

import click

from dephealth import ConfigurationError, Dependency, resolve_policy
from dephealth.api import DependencyHealth

from ._running import run
from ._selection import as_duration, selects_dependencies
from ._watching import News, watch

_INTERVAL = 2.0
"""Seconds from one check to the next of what sets no other: a person is looking."""

_LAST_CHECKS = 2.0
"""Seconds that checks have to end in when the command does."""


@click.command(epilog="Exit code: 0 after q, Ctrl-C or SIGTERM, 2 they cannot be checked.")
@selects_dependencies
@click.option(
    "--interval",
    callback=as_duration,
    metavar="DURATION",
    help="From one check to the next; 2s, or what the file says, if not given.",
)
def command(dependencies: Sequence[Dependency], interval: float | None) -> int:
    """Watch how they do: a table that keeps up to date.

    Keys: s, n, l, f sort by state, name, latency, failures; r reverses; q quits.
    Where the output is no terminal, each change is a line.
    """
    try:
        chosen = [_paced(dependency, interval) for dependency in dependencies]
        health, news = _prepared(chosen)
    except ConfigurationError as exc:
        raise click.UsageError(str(exc)) from exc
    run(_watched(health, news))
    return 0


def _paced(dependency: Dependency, interval: float | None) -> Dependency:
    """*dependency*, checked as often as a person wants to see."""
    policy = dict(dependency.policy)
    if interval is not None:
        policy["interval"] = interval
    policy.setdefault("interval", _INTERVAL)
    resolve_policy(policy, {})
    return replace(dependency, policy=policy)


def _prepared(dependencies: Sequence[Dependency]) -> tuple[DependencyHealth, News]:
    silent = logging.getLogger("dephealth.watch")
    silent.addHandler(logging.NullHandler())
    silent.propagate = False
    news = News()
    return DependencyHealth("watch", "cli", *dependencies, exporters=[news], log=silent), news


async def _watched(health: DependencyHealth, news: News) -> None:
    await health.start()
    try:
        await watch(health, news)
    finally:
        await asyncio.wait([asyncio.create_task(health.stop())], timeout=_LAST_CHECKS)
