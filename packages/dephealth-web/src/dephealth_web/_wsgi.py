"""The answers as a WSGI application."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from prometheus_client import CollectorRegistry

from ._routes import HealthSource, Request, Site


def wsgi_app(
    health: HealthSource, registry: CollectorRegistry | None = None, *, status_page: bool = False
) -> WSGIApplication:
    """Make a WSGI application of ``/metrics`` and ``/health/*``.

    Args:
        health: The object, or what gives it at each request (or None: unknown).
        registry: What ``/metrics`` serves; the default one if not given.
        status_page: Whether there is a page for people at ``/``.
    """
    site = Site(health, registry, status_page)

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(
            method=environ["REQUEST_METHOD"],
            path=environ.get("PATH_INFO", ""),
            query=environ.get("QUERY_STRING", ""),
            accept=environ.get("HTTP_ACCEPT", ""),
            accept_encoding=environ.get("HTTP_ACCEPT_ENCODING", ""),
        )
        response = site.answer(request)
        phrase = HTTPStatus(response.status).phrase
        start_response(f"{response.status} {phrase}", list(response.headers.items()))
        return [response.body]

    return application
