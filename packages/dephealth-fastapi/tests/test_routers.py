"""The routers, on their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI

from dephealth import Exporter
from dephealth_fastapi import dependencies_router, dephealth_lifespan, probes_router

if TYPE_CHECKING:
    from conftest import ClientOf, Declare, Results

PATHS = ["/health/dependencies", "/health/live", "/health/ready"]


@pytest.fixture
def app(declare: Declare, exporters: list[Exporter]) -> FastAPI:
    """An application with both routers, one of whose dependencies is down."""
    lifespan = dephealth_lifespan(
        "orders", "shop", declare("db"), declare("cache", "down", critical=False),
        exporters=exporters,
    )  # fmt: skip
    app = FastAPI(lifespan=lifespan)
    app.include_router(dependencies_router)
    app.include_router(probes_router)
    return app


def test_pages(app: FastAPI, client_of: ClientOf, results: Results) -> None:
    """The pages tell of the object of the application's lifespan."""
    with client_of(app) as client:
        results.wait()
        results.wait()
        dependencies = client.get("/health/dependencies")
        assert dependencies.status_code == 503
        assert dependencies.json() == {
            "status": "degraded",
            "dependencies": {"db": True, "cache": False},
        }
        assert client.get("/health/ready").json()["status"] == "healthy"
        assert client.get("/health/live").status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_head(app: FastAPI, client_of: ClientOf, path: str) -> None:
    """HEAD gives the headers of GET, without the body."""
    client = client_of(app)
    head, get = client.head(path), client.get(path)
    assert head.status_code == get.status_code
    assert head.headers == get.headers
    assert head.content == b""


@pytest.mark.parametrize("path", PATHS)
def test_not_to_be_kept(app: FastAPI, client_of: ClientOf, path: str) -> None:
    """No cache may keep a page."""
    assert client_of(app).get(path).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "code"),
    [("/health/dependencies", 503), ("/health/ready", 503), ("/health/live", 200)],
)
def test_no_object(app: FastAPI, client_of: ClientOf, path: str, code: int) -> None:
    """As long as there is no object nothing is known, but that the process is alive."""
    assert client_of(app).get(path).status_code == code


def test_dependencies_router_has_one_path(client_of: ClientOf) -> None:
    """The router of the dependencies brings no probes."""
    app = FastAPI()
    app.include_router(dependencies_router)
    client = client_of(app)
    codes = {path: client.get(path).status_code for path in PATHS}
    assert codes == {"/health/dependencies": 503, "/health/live": 404, "/health/ready": 404}


def test_below_a_prefix(app: FastAPI, client_of: ClientOf) -> None:
    """A router can be included below a prefix, and more than once."""
    app.include_router(probes_router, prefix="/internal")
    assert client_of(app).get("/internal/health/live").status_code == 200


def test_mounted(app: FastAPI, client_of: ClientOf, results: Results) -> None:
    """In a mounted application the pages tell of the outer one's object."""
    inner = FastAPI()
    inner.include_router(dependencies_router)
    app.mount("/inner", inner)
    with client_of(app) as client:
        results.wait()
        results.wait()
        known = client.get("/inner/health/dependencies").json()["dependencies"]
    assert known == {"db": True, "cache": False}


def test_schema(app: FastAPI) -> None:
    """The schema has the three pages, with GET alone and an operation id each."""
    paths = app.openapi()["paths"]
    assert {path: list(operations) for path, operations in paths.items()} == {
        path: ["get"] for path in PATHS
    }
    assert len({operations["get"]["operationId"] for operations in paths.values()}) == 3
    assert "503" in paths["/health/dependencies"]["get"]["responses"]
    assert "503" not in paths["/health/live"]["get"]["responses"]


async def test_pages_need_no_thread(app: FastAPI) -> None:
    """The pages are answered where there is only an event loop, as for a server."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        assert (await client.get("/health/live")).json() == {"status": "healthy"}
