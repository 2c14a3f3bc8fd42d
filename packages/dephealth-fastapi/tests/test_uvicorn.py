"""An application as users write it, over real HTTP."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families as plain

from dephealth.api import DependencyHealth, tcp_check
from dephealth_fastapi import DepHealthMiddleware, dependencies_router, probes_router

BOUND = 10.0


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A TCP port that accepts connections."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def default_registry() -> Iterator[None]:
    """The default registry, in the end without what the test has put in."""
    before = set(REGISTRY._collector_to_names)
    yield
    for collector in set(REGISTRY._collector_to_names) - before:
        REGISTRY.unregister(collector)


@asynccontextmanager
async def served(app: FastAPI, root_path: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """A client of *app* on a server."""
    config = uvicorn.Config(app, log_level="critical", root_path=root_path)
    server = uvicorn.Server(config)
    # Clients can connect from now on; they are answered when the server has started.
    with socket.create_server(("127.0.0.1", 0)) as sock:
        running = asyncio.create_task(server.serve([sock]))
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=url, timeout=BOUND) as client:
            yield client
        server.should_exit = True
        await asyncio.wait_for(running, BOUND)


async def answer(client: httpx.AsyncClient, path: str, code: int) -> httpx.Response:
    """The response of *path* as soon as its status is *code*."""
    async with asyncio.timeout(BOUND):
        while True:
            response = await client.get(path)
            if response.status_code == code:
                return response


def application(listener: socket.socket) -> FastAPI:
    """An application with a lifespan of its own."""
    host, port = listener.getsockname()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        dh = DependencyHealth(
            "my-service",
            "my-team",
            tcp_check("relay", host=host, port=port, critical=True, interval=1, timeout=0.5),
        )
        await dh.start()
        app.state.dephealth = dh
        yield
        await dh.stop()

    app = FastAPI(lifespan=lifespan)
    app.add_middleware(DepHealthMiddleware)
    app.include_router(dependencies_router)
    app.include_router(probes_router)
    return app


@pytest.mark.usefixtures("default_registry")
async def test_application(listener: socket.socket) -> None:
    """An application serves what it depends on, and its metrics from the default registry."""
    async with served(application(listener)) as client:
        page = await answer(client, "/health/dependencies", 200)
        assert page.json() == {"status": "healthy", "dependencies": {"relay": True}}
        exposed = (await client.get("/metrics")).text
    samples = {sample.name: sample.value for family in plain(exposed) for sample in family.samples}
    assert samples["app_dependency_health"] == 1
    assert samples["process_start_time_seconds"] > 0


@pytest.mark.usefixtures("default_registry")
async def test_dependency_that_fails(listener: socket.socket) -> None:
    """A dependency that goes away is told of on every page."""
    async with served(application(listener)) as client:
        await answer(client, "/health/ready", 200)
        listener.close()
        page = await answer(client, "/health/ready", 503)
        assert page.json() == {"status": "degraded", "unhealthy": ["relay"], "unknown": []}
        assert (await client.get("/health/dependencies")).status_code == 503
        assert (await client.get("/health/live")).status_code == 200
        assert 'detail="connection_refused"' in (await client.get("/metrics")).text


@pytest.mark.usefixtures("default_registry")
@pytest.mark.parametrize("path", ["/metrics", "/health/dependencies", "/health/live"])
async def test_head(listener: socket.socket, path: str) -> None:
    """HEAD over a real connection has a length but no body, and the connection goes on."""
    async with served(application(listener)) as client:
        for _ in range(2):
            response = await client.head(path)
            assert int(response.headers["content-length"]) > 0
            assert response.content == b""


@pytest.mark.usefixtures("default_registry")
async def test_root_path(listener: socket.socket) -> None:
    """A server that knows the prefix of its proxy finds the metrics."""
    async with served(application(listener), root_path="/api") as client:
        assert (await client.get("/metrics")).status_code == 200
        assert (await client.get("/health/live")).status_code == 200


@pytest.mark.usefixtures("default_registry")
async def test_negotiation(listener: socket.socket) -> None:
    """Prometheus' own request gets OpenMetrics, compressed."""
    headers = {
        "accept": "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.3,*/*;q=0.1",
        "accept-encoding": "gzip",
    }
    async with served(application(listener)) as client:
        response = await client.get("/metrics", headers=headers)
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert response.text.endswith("# EOF\n")
