"""The WSGI application, under the standard library's validator."""

from __future__ import annotations

import gzip
import json
from io import BytesIO
from typing import TYPE_CHECKING, Any
from wsgiref.types import WSGIApplication
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from prometheus_client import CollectorRegistry, Gauge

from dephealth_web import wsgi_app

if TYPE_CHECKING:
    from conftest import Checked

PATHS = ["/metrics", "/health/live", "/health/ready", "/health/dependencies"]


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry with two samples."""
    registry = CollectorRegistry()
    Gauge("in_use", "Connections", registry=registry)
    Gauge("idle", "Connections", registry=registry)
    return registry


def ask(
    app: WSGIApplication, path: str, method: str = "GET", **environ: str
) -> tuple[str, dict[str, str], bytes]:
    """Send a request; give the status, the headers and the body of the response."""
    told: list[Any] = []
    request: dict[str, Any] = {
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "REQUEST_METHOD": method,
        "QUERY_STRING": "",
    }
    setup_testing_defaults(request)
    request.update(environ, **{"wsgi.input": BytesIO()})

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
        told.extend((status, dict(headers)))
        return BytesIO().write

    parts = validator(app)(request, start_response)
    body = b"".join(parts)
    parts.close()  # type: ignore[attr-defined]
    status, headers = told
    return status, headers, body


@pytest.mark.parametrize("path", ["/", ""])
def test_status_page(registry: CollectorRegistry, path: str) -> None:
    """Where it is asked for there is a page for people, with and without the slash of a mount."""
    app = wsgi_app(None, registry, status_page=True)
    status, headers, body = ask(app, path)
    assert (status, headers["Content-Type"]) == ("200 OK", "text/html; charset=utf-8")
    assert ask(app, path, "HEAD") == (status, headers, b"")
    assert b"No checks are running" in body


@pytest.mark.parametrize("path", PATHS)
def test_head(registry: CollectorRegistry, path: str) -> None:
    """HEAD gives what GET does, without the body."""
    app = wsgi_app(None, registry)
    status, headers, body = ask(app, path)
    assert headers["Content-Length"] == str(len(body))
    assert ask(app, path, "HEAD") == (status, headers, b"")


@pytest.mark.parametrize("path", PATHS)
def test_other_method(registry: CollectorRegistry, path: str) -> None:
    """Another method is answered with those that there are."""
    status, headers, _ = ask(wsgi_app(None, registry), path, "POST")
    assert (status, headers["Allow"]) == ("405 Method Not Allowed", "GET, HEAD")


def test_other_path(registry: CollectorRegistry) -> None:
    """Another path is not found."""
    assert ask(wsgi_app(None, registry), "/")[0] == "404 Not Found"


async def test_object(checked: Checked, registry: CollectorRegistry) -> None:
    """The pages tell of the object that the application was made with."""
    app = wsgi_app(await checked(db="up", cache="optional down"), registry)
    status, _, body = ask(app, "/health/dependencies")
    assert status == "503 Service Unavailable"
    assert json.loads(body)["dependencies"] == {"db": True, "cache": False}
    assert ask(app, "/health/ready")[0] == "200 OK"


def test_negotiation(registry: CollectorRegistry) -> None:
    """The headers of the request choose format and coding."""
    _, headers, body = ask(
        wsgi_app(None, registry),
        "/metrics",
        HTTP_ACCEPT="application/openmetrics-text",
        HTTP_ACCEPT_ENCODING="gzip",
    )
    assert headers["Content-Type"].startswith("application/openmetrics-text")
    assert gzip.decompress(body).endswith(b"# EOF\n")


def test_names(registry: CollectorRegistry) -> None:
    """The query chooses samples."""
    body = ask(wsgi_app(None, registry), "/metrics", QUERY_STRING="name[]=idle")[2]
    assert b"idle 0.0" in body
    assert b"in_use" not in body
