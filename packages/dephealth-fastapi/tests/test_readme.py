"""What the README shows, run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY

import dephealth_fastapi

if TYPE_CHECKING:
    from conftest import ClientOf

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def shown() -> Iterator[dict[str, Any]]:
    """What the examples define; the default registry is put right in the end."""
    before = set(REGISTRY._collector_to_names)
    namespace: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        exec(block, namespace)
    yield namespace
    for collector in set(REGISTRY._collector_to_names) - before:
        REGISTRY.unregister(collector)


@pytest.mark.parametrize("name", dephealth_fastapi.__all__)
def test_public_names_are_documented(name: str) -> None:
    """What the package offers stands in its README."""
    assert f"`{name}`" in README


@pytest.mark.parametrize(
    "path", ["/metrics", "/health/dependencies", "/health/live", "/health/ready", "/health/status"]
)
def test_application(shown: dict[str, Any], client_of: ClientOf, path: str) -> None:
    """The first application has every page."""
    with client_of(shown["app"]) as client:
        assert client.get(path).status_code in {200, 503}


def test_own_lifespan(shown: dict[str, Any], client_of: ClientOf) -> None:
    """The second lifespan puts the object where the routers look for it."""
    app = FastAPI(lifespan=shown["lifespan"])
    app.include_router(dephealth_fastapi.dependencies_router)
    with client_of(app) as client:
        known = client.get("/health/dependencies").json()["dependencies"]
    assert list(known) == ["mail-relay"]
