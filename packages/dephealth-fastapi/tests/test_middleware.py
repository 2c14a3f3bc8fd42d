"""The middleware, in front of applications of all kinds."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI, WebSocket
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount

from dephealth import ConfigurationError
from dephealth_fastapi import DepHealthMiddleware

if TYPE_CHECKING:
    from conftest import ClientOf


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry with two samples."""
    registry = CollectorRegistry()
    Gauge("in_use", "Connections", registry=registry)
    Gauge("idle", "Connections", registry=registry)
    return registry


@pytest.fixture
def app(registry: CollectorRegistry) -> FastAPI:
    """An application that serves the registry, and a path of its own."""
    app = FastAPI()
    app.add_middleware(DepHealthMiddleware, registry=registry)

    @app.get("/")
    def page() -> str:
        return "the application's"

    @app.post("/metrics")
    def posted() -> str:
        return "posted"

    return app


def names(text: str) -> set[str]:
    """The names of the metrics in an exposition."""
    return {family.name for family in plain(text)}


def over_http(app: Any, root_path: str = "") -> httpx.AsyncClient:
    """A client of *app* as a server would run it."""
    transport = httpx.ASGITransport(app, root_path=root_path)
    return httpx.AsyncClient(transport=transport, base_url="http://app")


async def test_metrics(app: FastAPI) -> None:
    """All of the given registry is served."""
    async with over_http(app) as client:
        response = await client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert names(response.text) == {"in_use", "idle"}


async def test_default_registry() -> None:
    """Without a registry the default one is served."""
    app = FastAPI()
    app.add_middleware(DepHealthMiddleware)
    async with over_http(app) as client:
        assert "python_info" in names((await client.get("/metrics")).text)


async def test_head(app: FastAPI) -> None:
    """HEAD gives the headers of GET, without the body."""
    async with over_http(app) as client:
        head, get = await client.head("/metrics"), await client.get("/metrics")
    assert head.status_code == 200
    assert head.headers == get.headers
    assert head.content == b""


async def test_head_sends_no_body(app: FastAPI) -> None:
    """To HEAD no body is sent, whatever the server would make of it."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "HEAD",
        "path": "/metrics",
        "query_string": b"",
        "headers": [],
    }
    await asyncio.wait_for(app(scope, send, send), 10)  # type: ignore[arg-type]
    assert [message.get("body") for message in sent] == [None, b""]


async def test_openmetrics(app: FastAPI) -> None:
    """OpenMetrics is given to who asks for it."""
    async with over_http(app) as client:
        response = await client.get(
            "/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"}
        )
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    read: Any = openmetrics  # not typed
    assert {family.name for family in read(response.text)} == {"in_use", "idle"}


@pytest.mark.parametrize(("accepted", "coding"), [("gzip", "gzip"), ("identity", None)])
async def test_compression(app: FastAPI, accepted: str, coding: str | None) -> None:
    """The response is compressed for who asks for it."""
    async with over_http(app) as client:
        request = client.build_request("GET", "/metrics", headers={"accept-encoding": accepted})
        response = await client.send(request, stream=True)
        raw = b"".join([part async for part in response.aiter_raw()])
    assert response.headers.get("content-encoding") == coding
    assert names((gzip.decompress(raw) if coding else raw).decode()) == {"in_use", "idle"}


async def test_names(app: FastAPI) -> None:
    """The query chooses samples."""
    async with over_http(app) as client:
        response = await client.get("/metrics", params={"name[]": ["idle", "other"]})
    assert names(response.text) == {"idle"}


async def test_other_path(registry: CollectorRegistry) -> None:
    """The path can be another one; the usual one is the application's then."""
    app = FastAPI()
    app.add_middleware(DepHealthMiddleware, registry=registry, metrics_path="/ops/prometheus")
    async with over_http(app) as client:
        assert (await client.get("/ops/prometheus")).status_code == 200
        assert (await client.get("/metrics")).status_code == 404


def test_path_that_is_none(registry: CollectorRegistry) -> None:
    """A path that no request can have is refused."""
    with pytest.raises(ConfigurationError, match="'metrics' must begin with '/'"):
        DepHealthMiddleware(FastAPI(), registry, "metrics")


async def test_application(app: FastAPI) -> None:
    """Everything else is the application's, other methods on the same path too."""
    async with over_http(app) as client:
        assert (await client.get("/")).json() == "the application's"
        assert (await client.get("/other")).status_code == 404
        assert (await client.post("/metrics")).json() == "posted"


@pytest.mark.parametrize("path", ["/api/metrics", "/metrics"])
async def test_root_path(app: FastAPI, path: str) -> None:
    """Behind a proxy the metrics are found, whether it takes its prefix off the path or not."""
    async with over_http(app, root_path="/api") as client:
        assert names((await client.get(path)).text) == {"in_use", "idle"}


async def test_root_path_that_the_path_begins_with(app: FastAPI) -> None:
    """A prefix that looks like the path's beginning is not taken for it."""
    async with over_http(app, root_path="/m") as client:
        assert names((await client.get("/metrics")).text) == {"in_use", "idle"}


async def test_mounted(app: FastAPI) -> None:
    """Of a mounted application the metrics are below its mount, and only there."""
    outer = FastAPI()
    outer.mount("/inner", app)
    async with over_http(outer) as client:
        assert names((await client.get("/inner/metrics")).text) == {"in_use", "idle"}
        assert (await client.get("/metrics")).status_code == 404


async def test_application_that_mounts_others(registry: CollectorRegistry) -> None:
    """What is mounted keeps its own metrics path."""
    inner = Starlette(routes=[Mount("/", PlainTextResponse("the inner one's"))])
    outer = FastAPI()
    outer.add_middleware(DepHealthMiddleware, registry=registry)
    outer.mount("/inner", inner)
    async with over_http(outer) as client:
        assert (await client.get("/inner/metrics")).text == "the inner one's"
        assert names((await client.get("/metrics")).text) == {"in_use", "idle"}


def test_websocket(app: FastAPI, client_of: ClientOf) -> None:
    """A websocket on the metrics' path is the application's."""

    @app.websocket("/metrics")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")

    with client_of(app).websocket_connect("/metrics") as socket:
        assert socket.receive_text() == "hello"


def test_lifespan(registry: CollectorRegistry, client_of: ClientOf) -> None:
    """The application is started and stopped through the middleware."""
    told = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        told.append("start")
        yield
        told.append("stop")

    app = FastAPI(lifespan=lifespan)
    app.add_middleware(DepHealthMiddleware, registry=registry)
    with client_of(app):
        assert told == ["start"]
    assert told == ["start", "stop"]
