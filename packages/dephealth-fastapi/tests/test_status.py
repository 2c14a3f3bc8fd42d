"""The router of the status page."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI

from dephealth import Exporter
from dephealth.api import DependencyHealth
from dephealth_fastapi import dephealth_lifespan, status_router

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from conftest import ClientOf, Declare, Results

PATH = "/health/status"


@pytest.fixture
def app(declare: Declare, exporters: list[Exporter]) -> FastAPI:
    """An application with the page, whose only dependency is down."""
    app = FastAPI(
        lifespan=dephealth_lifespan("orders", "shop", declare("db", "down"), exporters=exporters)
    )
    app.include_router(status_router)
    return app


def test_page(app: FastAPI, client_of: ClientOf, results: Results) -> None:
    """The page tells of the object of the application's lifespan."""
    with client_of(app) as client:
        results.wait()
        page = client.get(PATH)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "1 of 1 dependency is down; db is critical" in page.text


def test_headers(app: FastAPI, client_of: ClientOf) -> None:
    """The page comes with its policy and may not be kept."""
    headers = client_of(app).get(PATH).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert headers["cache-control"] == "no-store"


def test_head(app: FastAPI, client_of: ClientOf) -> None:
    """HEAD gives the headers of GET, without the body."""
    head = client_of(app).head(PATH)
    assert head.status_code == 200
    assert int(head.headers["content-length"]) > 0
    assert head.content == b""


def test_no_object(app: FastAPI, client_of: ClientOf) -> None:
    """As long as there is no object the page says so."""
    assert "No checks are running" in client_of(app).get(PATH).text


def test_schema(app: FastAPI) -> None:
    """What is for people is not in the schema."""
    assert app.openapi()["paths"] == {}


def test_latencies_from_the_start(client_of: ClientOf) -> None:
    """The latencies are kept before anybody asks for the page."""
    asked = []

    class Asked(DependencyHealth):
        def keep_latencies(self) -> None:
            asked.append(self)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.dephealth = Asked("orders", "shop", exporters=[])
        yield

    app = FastAPI(lifespan=lifespan)
    app.include_router(status_router)
    with client_of(app):
        assert asked == [app.state.dephealth]
