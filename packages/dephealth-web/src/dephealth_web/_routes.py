"""Which path gives which answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

from prometheus_client import CollectorRegistry

from dephealth.api import DependencyHealth

from ._health import dependencies, live, ready
from ._metrics import metrics_steps
from ._page import status_page
from ._response import Response, respond
from ._turns import Steps, at_once, in_turns

_METRICS = "/metrics"

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


@dataclass(frozen=True, slots=True)
class Site:
    """All that is served, and of what.

    Args:
        health: What the pages tell of.
        registry: What ``/metrics`` serves; the default one if None.
        status_page: Whether there is a page for people at ``/``.
    """

    health: HealthSource
    registry: CollectorRegistry | None
    status_page: bool

    def answer(self, request: Request) -> Response:
        """The response to *request*."""
        return at_once(self._steps(request))

    async def answer_in_turns(self, request: Request) -> Response:
        """`answer`, while the running event loop goes on."""
        return await in_turns(self._steps(request))

    def _steps(self, request: Request) -> Steps:
        if self.status_page and request.path != "/health/live":
            self._keep_latencies()
        response = yield from self._any_method(request)
        return response.without_body() if request.method == "HEAD" else response

    def _any_method(self, request: Request) -> Steps:
        pages: dict[str, Callable[[], Response]] = {
            "/health/live": live,
            "/health/ready": lambda: ready(self._current()),
            "/health/dependencies": lambda: dependencies(self._current()),
        }
        if self.status_page:
            pages["/"] = lambda: status_page(self._current())
        path = request.path or "/"
        if path != _METRICS and path not in pages:
            known = ", ".join([_METRICS, *pages])
            return _text(HTTPStatus.NOT_FOUND, f"not found (there is: {known})")
        if request.method not in {"GET", "HEAD"}:
            return _text(HTTPStatus.METHOD_NOT_ALLOWED, "method not allowed", Allow="GET, HEAD")
        if path in pages:
            return pages[path]()
        names = parse_qs(request.query).get("name[]", ())
        return (
            yield from metrics_steps(self.registry, request.accept, request.accept_encoding, names)
        )

    def _keep_latencies(self) -> None:
        """Have them when the page is asked for: whoever asks wants to see what came before.

        At each request, since the object may be made later than the application:
        the first scrape or probe will do.
        """
        health = self._current()
        if health is not None:
            health.keep_latencies()

    def _current(self) -> DependencyHealth | None:
        return self.health() if callable(self.health) else self.health


def _text(status: HTTPStatus, text: str, **headers: str) -> Response:
    return respond(status, "text/plain; charset=utf-8", f"{text}\n".encode(), **headers)
