"""The lifespan that makes and starts an object."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families as plain

from dephealth import ConfigurationError, Exporter
from dephealth_fastapi import DepHealthMiddleware, dependencies_router, dephealth_lifespan

if TYPE_CHECKING:
    from conftest import ClientOf, Declare, Results


@pytest.fixture
def app(declare: Declare, exporters: list[Exporter], registry: CollectorRegistry) -> FastAPI:
    """An application with one dependency, which tells where its object is."""
    app = FastAPI(lifespan=dephealth_lifespan("orders", "shop", declare("db"), exporters=exporters))
    app.add_middleware(DepHealthMiddleware, registry=registry)
    app.include_router(dependencies_router)

    @app.get("/same")
    def same(request: Request) -> bool:
        return request.state.dephealth is request.app.state.dephealth

    return app


def test_object(app: FastAPI, client_of: ClientOf) -> None:
    """The object is at the application's state and at the request's."""
    with client_of(app) as client:
        assert client.get("/same").json() is True


async def test_object_runs_as_long_as_the_application(app: FastAPI) -> None:
    """The object is started and stopped with the application."""
    async with app.router.lifespan_context(app) as state:
        assert state is not None
        assert state["dephealth"].running
    assert not state["dephealth"].running


def test_ten_starts(app: FastAPI, client_of: ClientOf, results: Results) -> None:
    """Each start of the application makes a new object, and its series are there once."""
    objects = []
    for _ in range(10):
        with client_of(app) as client:
            results.wait()
            objects.append(app.state.dephealth)
            assert client.get("/health/dependencies").json()["dependencies"] == {"db": True}
            families = plain(client.get("/metrics").text)
            assert sum(len(family.samples) for family in families) == 21
    assert len(set(map(id, objects))) == 10


async def test_application_that_fails(app: FastAPI) -> None:
    """The object is stopped even if the application fails."""
    with pytest.raises(ZeroDivisionError):
        async with app.router.lifespan_context(app):
            1 / 0  # noqa: B018
    assert not app.state.dephealth.running


def test_options(declare: Declare, client_of: ClientOf) -> None:
    """All options are the object's: registry= is where the installed exporters export to."""
    registry = CollectorRegistry()
    lifespan = dephealth_lifespan("orders", "shop", declare("db"), registry=registry, timeout=1)
    app = FastAPI(lifespan=lifespan)
    app.add_middleware(DepHealthMiddleware, registry=registry)
    app.include_router(dependencies_router)
    with client_of(app) as client:
        deadline = time.monotonic() + 10
        while client.get("/health/dependencies").status_code != 200:
            assert time.monotonic() < deadline
        assert 'app_dependency_health{critical="yes"' in client.get("/metrics").text


def test_environment(
    declare: Declare,
    exporters: list[Exporter],
    client_of: ClientOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Name and group can come from the environment."""
    monkeypatch.setenv("DEPHEALTH_NAME", "billing")
    monkeypatch.setenv("DEPHEALTH_GROUP", "shop")
    app = FastAPI(lifespan=dephealth_lifespan(None, None, declare("db"), exporters=exporters))
    with client_of(app):
        assert app.state.dephealth.name == "billing"


def test_what_cannot_be(client_of: ClientOf) -> None:
    """What is not valid keeps the application from starting, with an error that says what."""
    app = FastAPI(lifespan=dephealth_lifespan("Orders", "shop"))
    with pytest.raises(ConfigurationError, match="name 'Orders'"), client_of(app):
        pass
