"""Which path gives which answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

from prometheus_client import CollectorRegistry

from dephealth.api import DependencyHealth

from ._health import dependencies, live, ready
from ._metrics import metrics
from ._response import Response, respond

HealthSource = DependencyHealth | Callable[[], DependencyHealth | None] | None
"""The object to tell about, or what gives it (or None) at each request, for an
application that makes it when it starts."""


@dataclass(frozen=True, slots=True)
class Request:
    """What of a request matters here."""

    method: str
    path: str
    query: str
    accept: str
    accept_encoding: str


def answer(request: Request, health: HealthSource, registry: CollectorRegistry | None) -> Response:
    """The response to *request*."""
    response = _any_method(request, health, registry)
    return response.without_body() if request.method == "HEAD" else response


def _any_method(
    request: Request, health: HealthSource, registry: CollectorRegistry | None
) -> Response:
    pages: dict[str, Callable[[], Response]] = {
        "/metrics": lambda: metrics(
            registry,
            request.accept,
            request.accept_encoding,
            parse_qs(request.query).get("name[]", ()),
        ),
        "/health/live": live,
        "/health/ready": lambda: ready(_current(health)),
        "/health/dependencies": lambda: dependencies(_current(health)),
    }
    page = pages.get(request.path)
    if page is None:
        known = ", ".join(pages)
        return _text(HTTPStatus.NOT_FOUND, f"not found (there is: {known})")
    if request.method not in {"GET", "HEAD"}:
        return _text(HTTPStatus.METHOD_NOT_ALLOWED, "method not allowed", Allow="GET, HEAD")
    return page()


def _current(health: HealthSource) -> DependencyHealth | None:
    return health() if callable(health) else health


def _text(status: HTTPStatus, text: str, **headers: str) -> Response:
    return respond(status, "text/plain; charset=utf-8", f"{text}\n".encode(), **headers)
