"""Dependencies whose state a test decides, who waits for their results, and a client."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry

from dephealth import Dependency, Endpoint, EndpointState, Exporter, Target
from dephealth_prometheus import PrometheusExporter

if TYPE_CHECKING:
    from starlette.testclient import TestClient
    from starlette.types import ASGIApp

BOUND = 10.0

Declare = Callable[..., Dependency]
ClientOf = Callable[..., "TestClient"]


class Checker:
    """Finds that what is called ``up`` is up, and all else down."""

    async def check(self, endpoint: Endpoint) -> None:
        """Raise unless the host is called up."""
        if endpoint.host != "up":
            raise ConnectionRefusedError


class Results:
    """An exporter that lets a test wait for a result."""

    def __init__(self) -> None:
        self._come = threading.Semaphore(0)

    def on_added(self, target: Target) -> None:
        """Ignore it."""

    def on_result(self, target: Target, state: EndpointState) -> None:
        """Let one wait end."""
        self._come.release()

    def on_removed(self, target: Target) -> None:
        """Ignore it."""

    def wait(self) -> None:
        """Wait for the next result."""
        assert self._come.acquire(timeout=BOUND)


@pytest.fixture
def declare() -> Declare:
    """Give a function that declares a dependency."""

    def declared(name: str, host: str = "up", *, critical: bool = True) -> Dependency:
        return Dependency(
            name=name,
            type="fake",
            checker=Checker(),
            endpoints=[Endpoint(host, "1")],
            critical=critical,
        )

    return declared


@pytest.fixture
def registry() -> CollectorRegistry:
    """An empty registry."""
    return CollectorRegistry()


@pytest.fixture
def results() -> Results:
    """What to wait for results with."""
    return Results()


@pytest.fixture
def exporters(registry: CollectorRegistry, results: Results) -> list[Exporter]:
    """What exports to the registry, and then lets a wait end."""
    return [PrometheusExporter(registry), results]


@pytest.fixture
def client_of() -> ClientOf:
    """Starlette's test client; as a context manager it starts the application."""
    with warnings.catch_warnings():
        # It warns that it would rather have httpx2 than httpx.
        warnings.simplefilter("ignore")
        from starlette.testclient import TestClient

    def client(app: ASGIApp, root_path: str = "") -> TestClient:
        return TestClient(app, root_path=root_path)

    return client
