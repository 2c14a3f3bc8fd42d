"""The answers as a WSGI application."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from prometheus_client import CollectorRegistry

from ._routes import HealthSource, Request, answer


def wsgi_app(health: HealthSource, registry: CollectorRegistry | None = None) -> WSGIApplication:
    """Make a WSGI application of ``/metrics`` and ``/health/*``.

    Args:
        health: The object, or what gives it at each request (or None: unknown).
        registry: What ``/metrics`` serves; the default one if not given.
    """

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(
            method=environ["REQUEST_METHOD"],
            path=environ.get("PATH_INFO", ""),
            query=environ.get("QUERY_STRING", ""),
            accept=environ.get("HTTP_ACCEPT", ""),
            accept_encoding=environ.get("HTTP_ACCEPT_ENCODING", ""),
        )
        response = answer(request, health, registry)
        phrase = HTTPStatus(response.status).phrase
        start_response(f"{response.status} {phrase}", list(response.headers.items()))
        return [response.body]

    return application
