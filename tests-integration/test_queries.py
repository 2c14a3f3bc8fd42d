"""The queries in the documentation ask for what is exported."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from dephealth.api import DependencyHealth, tcp_check
from dephealth_prometheus import PrometheusExporter
from dephealth_testing import RecordingExporter

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "docs" / "metrics.md"]
OF_THE_SCRAPE = {"job", "instance"}
"""Labels that Prometheus itself gives."""
_QUERIES = re.compile(r"^```promql\n(.*?)^```$|^ *expr: ([^\n]*)$", re.DOTALL | re.MULTILINE)
_SERIES = re.compile(r"(app_dependency_\w+)(?:\{(.*?)\})?")
_MATCHER = re.compile(r"(\w+) *=~? *\"(.*?)\"")
_LABELS = re.compile(r"\b(?:by|without|on|ignoring|group_left) *\((.*?)\)")


async def _exported() -> dict[str, dict[str, set[str]]]:
    """The values of each label of each series that two endpoints have, one of them down."""
    registry = CollectorRegistry()
    told = RecordingExporter()
    health = DependencyHealth(
        "orders-api",
        "shop",
        tcp_check("relay", url="tcp://127.0.0.1:1", critical=True),
        tcp_check("mirror", url="tcp://127.0.0.1:2", critical=False),
        exporters=[PrometheusExporter(registry), told],
    )
    await health.start()
    await told.until(1, "relay")
    await told.until(1, "mirror")
    await health.stop()
    found: dict[str, dict[str, set[str]]] = {}
    for metric in registry.collect():
        for sample in metric.samples:
            labels = found.setdefault(sample.name, {})
            for name, value in sample.labels.items():
                labels.setdefault(name, set()).add(value)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_queries_ask_for_what_is_there(page: Path) -> None:
    """Each series, label and value of a fixed set that a query names is exported."""
    exported = asyncio.run(_exported())
    queries = ["".join(found) for found in _QUERIES.findall(page.read_text())]
    assert queries
    for query in queries:
        series = _SERIES.findall(query)
        assert series
        for name, matchers in series:
            assert name in exported, query
            for label, value in _MATCHER.findall(matchers):
                assert label in exported[name], query
                assert label == "detail" or value in exported[name][label], query
        known = {label for name, _ in series for label in exported[name]}
        asked = {label.strip() for labels in _LABELS.findall(query) for label in labels.split(",")}
        assert asked <= known | OF_THE_SCRAPE, query
