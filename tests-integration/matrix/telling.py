"""All that is told of the checks, to whomever."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, generate_latest

from dephealth_prometheus import PrometheusExporter

from .scenes import at_login
from .servers import Servers
from .subjects import Subject
from .target import Login
from .watching import watching


async def told_of(servers: Servers, subjects: Sequence[Subject], login: Login) -> Sequence[str]:
    """What is exported of the subjects, and what their objects say of themselves."""
    registry = CollectorRegistry()
    places = {subject: at_login(servers, subject, login) for subject in subjects}
    exporter = PrometheusExporter(registry)
    async with watching(places, exporters=[exporter]) as watched:
        return [
            generate_latest(registry).decode(),
            repr(watched.health),
            repr(watched.health.health_details()),
            *(repr(status.to_dict()) for status in watched.health.health_details().values()),
            *map(repr, watched.dependencies.values()),
            *(repr(dependency.checker) for dependency in watched.dependencies.values()),
        ]
