"""Answers about the dependencies and about this process."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from dephealth import EndpointStatus
from dephealth.api import DependencyHealth

from ._response import Response, respond

Verdicts = Mapping[str, bool | None]
"""Whether each dependency is available; None if it has not been checked yet."""


def dependencies(health: DependencyHealth | None) -> Response:
    """Which dependencies are available: ``{"status": …, "dependencies": {name: bool}}``.

    The status is ``healthy`` (and the code 200) if all are or none is
    declared; else (503) ``degraded`` if one is not, ``unknown`` if that is
    not known yet or *health* is None (docs/configuration.md).
    """
    verdicts = _verdicts(_endpoints(health))
    return _answer(
        _status(health, verdicts),
        dependencies={name: healthy is True for name, healthy in verdicts.items()},
    )


def ready(health: DependencyHealth | None) -> Response:
    """Whether this process can work: every critical dependency is available.

    The status is that of `dependencies`, of the critical ones alone; which
    ones are in the way is told under ``unhealthy`` and ``unknown``.
    """
    verdicts = _verdicts(endpoint for endpoint in _endpoints(health) if endpoint.critical)
    return _answer(
        _status(health, verdicts),
        unhealthy=[name for name, healthy in verdicts.items() if healthy is False],
        unknown=[name for name, healthy in verdicts.items() if healthy is None],
    )


def live() -> Response:
    """That this process answers; no dependency counts, since a restart would heal none."""
    return _answer("healthy")


def _endpoints(health: DependencyHealth | None) -> Iterable[EndpointStatus]:
    return health.health_details().values() if health is not None else ()


def _verdicts(endpoints: Iterable[EndpointStatus]) -> Verdicts:
    known: dict[str, list[bool]] = {}
    for endpoint in endpoints:
        results = known.setdefault(endpoint.name, [])
        if endpoint.healthy is not None:
            results.append(endpoint.healthy)
    # One good endpoint is enough, as for `DependencyHealth.health`.
    return {name: any(results) if results else None for name, results in known.items()}


def _status(health: DependencyHealth | None, verdicts: Verdicts) -> str:
    if False in verdicts.values():
        return "degraded"
    return "unknown" if health is None or None in verdicts.values() else "healthy"


def _answer(status: str, **more: Any) -> Response:
    code = HTTPStatus.OK if status == "healthy" else HTTPStatus.SERVICE_UNAVAILABLE
    body = json.dumps({"status": status, **more}).encode()
    return respond(code, "application/json", body, **{"Cache-Control": "no-store"})
