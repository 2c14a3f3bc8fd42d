"""The ASGI application."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import CollectorRegistry, Gauge

from dephealth.api import DependencyHealth
from dephealth_web import asgi_app, live
from dephealth_web._asgi import ASGIApp, Message

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


async def talk(app: ASGIApp, scope: dict[str, Any], *events: str) -> list[Message]:
    """Run *app* on *scope*, give it the events, and give what it sends."""
    sent: list[Message] = []
    waiting = iter(events)

    async def receive() -> Message:
        return {"type": next(waiting)}

    async def send(message: Message) -> None:
        sent.append(message)

    await asyncio.wait_for(app(scope, receive, send), 10)
    return sent


async def ask(
    app: ASGIApp,
    path: str,
    method: str = "GET",
    *,
    query: str = "",
    headers: Iterable[tuple[str, str]] = (),
    **scope: Any,
) -> tuple[int, dict[str, str], bytes]:
    """Send a request; give the status, the headers and the body of the response."""
    start, body = await talk(
        app,
        {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers],
            **scope,
        },
    )
    assert (start["type"], body["type"]) == ("http.response.start", "http.response.body")
    received = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], received, body["body"]


@pytest.mark.parametrize("path", PATHS)
async def test_head(registry: CollectorRegistry, path: str) -> None:
    """HEAD gives what GET does, without the body."""
    app = asgi_app(None, registry)
    status, headers, body = await ask(app, path)
    assert headers["content-length"] == str(len(body))
    assert await ask(app, path, "HEAD") == (status, headers, b"")


@pytest.mark.parametrize("path", ["/", ""])
async def test_status_page(registry: CollectorRegistry, path: str) -> None:
    """Where it is asked for there is a page for people, with and without the slash of a mount."""
    app = asgi_app(None, registry, status_page=True)
    status, headers, _ = await ask(app, path)
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert await ask(app, path, "HEAD") == (status, headers, b"")
    assert (await ask(app, path, "POST"))[0] == 405


class Asked(DependencyHealth):
    """Counts how often it is told to keep latencies."""

    times = 0

    def keep_latencies(self) -> None:
        """Count."""
        self.times += 1


async def test_latencies_for_the_page(registry: CollectorRegistry) -> None:
    """With the page any request has the latencies kept, but that of the liveness probe."""
    health = Asked("orders", "shop", exporters=[])
    app = asgi_app(lambda: health, registry, status_page=True)
    await ask(app, "/health/live")
    assert health.times == 0
    await ask(app, "/metrics")
    assert health.times == 1


async def test_no_latencies_without_the_page(registry: CollectorRegistry) -> None:
    """Without the page no request has the latencies kept."""
    health = Asked("orders", "shop", exporters=[])
    await ask(asgi_app(health, registry), "/health/ready")
    assert health.times == 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", PATHS)
async def test_other_method(registry: CollectorRegistry, path: str, method: str) -> None:
    """Another method is answered with those that there are."""
    status, headers, _ = await ask(asgi_app(None, registry), path, method)
    assert (status, headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/", "", "/health", "/metrics/", "/health/live/x"])
async def test_other_path(registry: CollectorRegistry, path: str) -> None:
    """Another path is not found; the answer tells those that there are."""
    status, _, body = await ask(asgi_app(None, registry), path)
    assert status == 404
    assert all(known in body.decode() for known in PATHS)


async def test_object(checked: Checked, registry: CollectorRegistry) -> None:
    """The pages tell of the object that the application was made with."""
    app = asgi_app(await checked(db="up", cache="optional down"), registry)
    status, _, body = await ask(app, "/health/dependencies")
    assert (status, json.loads(body)["dependencies"]) == (503, {"db": True, "cache": False})
    assert (await ask(app, "/health/ready"))[0] == 200


async def test_object_that_comes_later(checked: Checked, registry: CollectorRegistry) -> None:
    """An object that is given by a function is asked for at each request."""
    current = None
    app = asgi_app(lambda: current, registry)
    assert (await ask(app, "/health/ready"))[0] == 503
    current = await checked(db="up")
    assert (await ask(app, "/health/ready"))[0] == 200


async def test_live_asks_for_no_object(registry: CollectorRegistry) -> None:
    """Whether the process is alive has nothing to do with the object."""

    def broken() -> None:
        raise AssertionError

    status, _, body = await ask(asgi_app(broken, registry), "/health/live")
    assert (status, body) == (200, live().body)


async def test_negotiation(registry: CollectorRegistry) -> None:
    """The headers of the request, of which there may be several, choose format and coding."""
    _, headers, body = await ask(
        asgi_app(None, registry),
        "/metrics",
        headers=[
            ("accept", "text/html"),
            ("accept", "application/openmetrics-text"),
            ("accept-encoding", "gzip"),
        ],
    )
    assert headers["content-type"].startswith("application/openmetrics-text")
    assert gzip.decompress(body).endswith(b"# EOF\n")


async def test_names(registry: CollectorRegistry) -> None:
    """The query chooses samples."""
    _, _, body = await ask(asgi_app(None, registry), "/metrics", query="name[]=idle")
    assert b"idle 0.0" in body
    assert b"in_use" not in body


@pytest.mark.parametrize(
    ("root", "path"),
    [
        ("/ops", "/ops/health/live"),
        ("/ops", "/health/live"),
        ("/h", "/health/live"),
        ("/health", "/health/health/live"),
        ("", "/health/live"),
    ],
)
async def test_mounted(registry: CollectorRegistry, root: str, path: str) -> None:
    """A mounted application finds its paths, whether the mount's is left in or not."""
    assert (await ask(asgi_app(None, registry), path, root_path=root))[0] == 200


async def test_lifespan(registry: CollectorRegistry) -> None:
    """A server can run it as its only application."""
    sent = await talk(
        asgi_app(None, registry), {"type": "lifespan"}, "lifespan.startup", "lifespan.shutdown"
    )
    assert sent == [
        {"type": "lifespan.startup.complete"},
        {"type": "lifespan.shutdown.complete"},
    ]


async def test_websocket(registry: CollectorRegistry) -> None:
    """A websocket is refused."""
    sent = await talk(asgi_app(None, registry), {"type": "websocket"}, "websocket.connect")
    assert sent == [{"type": "websocket.close"}]
