"""What is answered to Prometheus."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, Gauge, Info, generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from dephealth_web import metrics

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;"
    "q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
"""What Prometheus sends."""


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry with three samples."""
    registry = CollectorRegistry()
    Gauge("in_use", "Connections", registry=registry).set(3)
    Gauge("idle", "Connections", registry=registry).set(4)
    Info("build", "Version", registry=registry).info({"version": "1"})
    return registry


def test_plain_text(registry: CollectorRegistry) -> None:
    """Who asks for nothing gets the plain text format."""
    response = metrics(registry)
    assert response.status == 200
    assert response.body == generate_latest(registry)
    assert response.headers == {
        "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
        "Content-Length": str(len(response.body)),
    }


def test_default_registry() -> None:
    """Without a registry the default one is served."""
    names = {family.name for family in plain(metrics().body.decode())}
    assert names >= {family.name for family in REGISTRY.collect()}


def test_openmetrics(registry: CollectorRegistry) -> None:
    """Prometheus gets OpenMetrics, which its strict parser reads."""
    response = metrics(registry, PROMETHEUS)
    assert response.headers["Content-Type"].startswith("application/openmetrics-text")
    read: Any = openmetrics  # not typed
    names = {family.name for family in read(response.body.decode())}
    assert names == {"in_use", "idle", "build"}


@pytest.mark.parametrize("kind", ["text/plain", "application/openmetrics-text"])
def test_version_that_is_none(registry: CollectorRegistry, kind: str) -> None:
    """Who asks for a version that cannot be is answered all the same."""
    response = metrics(registry, f"{kind};version=newest")
    assert b"in_use 3.0\n" in response.body


@pytest.mark.parametrize("accepted", ["gzip", "br, GZIP;q=0.5", "gzip;q=1.0, identity", "x-gzip"])
def test_compressed(registry: CollectorRegistry, accepted: str) -> None:
    """Who accepts gzip gets it."""
    response = metrics(registry, "", accepted)
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Content-Length"] == str(len(response.body))
    assert gzip.decompress(response.body) == generate_latest(registry)


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip ; q=0.0, br", "identity"])
def test_not_compressed(registry: CollectorRegistry, accepted: str) -> None:
    """Who does not accept gzip does not get it."""
    response = metrics(registry, "", accepted)
    assert "Content-Encoding" not in response.headers
    assert response.body == generate_latest(registry)


def test_some_names(registry: CollectorRegistry) -> None:
    """Who asks for some names gets only them."""
    families = plain(metrics(registry, names=["idle", "missing"]).body.decode())
    assert [sample.name for family in families for sample in family.samples] == ["idle"]
