"""Check dependencies once, all at the same time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

from dephealth import (
    Checker,
    Dependency,
    Endpoint,
    EndpointStatus,
    Status,
    check_once,
    resolve_policy,
)

from ._output import one_line

_MOST = 100
"""Checks at the same time."""

_TIDYING = 0.3
"""Seconds that the checkers have to close."""


class Verdict(NamedTuple):
    """What one check came to, and why."""

    status: EndpointStatus
    reason: str


class Place(NamedTuple):
    """One endpoint of a dependency."""

    dependency: Dependency
    endpoint: Endpoint


def places(dependencies: Iterable[Dependency]) -> list[Place]:
    """Every endpoint of *dependencies*."""
    return [Place(each, endpoint) for each in dependencies for endpoint in each.endpoints]


async def check_all(
    wanted: Sequence[Place], timeout: float | None, at_most: float = math.inf
) -> list[Verdict]:
    """The verdicts on *wanted*, in that order.

    Args:
        wanted: What to check.
        timeout: Seconds for each check; each dependency's own if None.
        at_most: Seconds that none takes longer than.
    """
    room = asyncio.Semaphore(_MOST)

    async def check(place: Place) -> Verdict:
        async with room:
            own = timeout or resolve_policy(place.dependency.policy, {})[0].timeout
            return await _check(place, min(own, at_most))

    return await asyncio.gather(*map(check, wanted))


async def close_all(dependencies: Iterable[Dependency]) -> None:
    """Release what their checkers hold."""
    closing = [
        asyncio.ensure_future(each.checker.aclose())
        for each in dependencies
        if isinstance(each.checker, Checker)
    ]
    with suppress(TimeoutError):
        async with asyncio.timeout(_TIDYING):
            await asyncio.gather(*closing, return_exceptions=True)


async def _check(place: Place, timeout: float) -> Verdict:
    dependency, endpoint = place
    result = await check_once(dependency.checker, endpoint, timeout)
    outcome = result.outcome
    status = EndpointStatus(
        healthy=outcome is not None and outcome.status is Status.OK,
        status=str(outcome.status) if outcome else str(Status.ERROR),
        detail=outcome.detail if outcome else str(Status.ERROR),
        latency=result.latency,
        type=dependency.type,
        name=dependency.name,
        host=endpoint.host,
        port=endpoint.port,
        critical=dependency.critical,
        last_checked_at=datetime.now(UTC),
        labels={**dependency.labels, **endpoint.labels},
    )
    return Verdict(status, one_line(result.reason))
