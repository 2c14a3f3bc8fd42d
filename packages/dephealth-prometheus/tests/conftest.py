"""Endpoints and results made by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry

from dephealth import CheckResult, EndpointState, Outcome, Target
from dephealth_prometheus import PrometheusExporter


@dataclass
class Bench:
    """An exporter with a registry of its own, and what to tell it."""

    registry: CollectorRegistry
    exporter: PrometheusExporter

    def target(
        self,
        *,
        host: str = "db.svc",
        labels: Mapping[str, str] | None = None,
        running: Callable[[], bool] = lambda: True,
        critical: bool = True,
    ) -> Target:
        """An endpoint that the exporter does not know yet."""
        return Target(
            name="orders",
            group="shop",
            dependency="orders-db",
            type="postgres",
            host=host,
            port="5432",
            critical=critical,
            labels=labels or {},
            running=running,
        )

    def added(
        self,
        *,
        host: str = "db.svc",
        labels: Mapping[str, str] | None = None,
        running: Callable[[], bool] = lambda: True,
    ) -> Target:
        """An endpoint that the exporter knows, without a result."""
        target = self.target(host=host, labels=labels, running=running)
        self.exporter.on_added(target)
        return target

    def tell(
        self, target: Target, status: str = "ok", detail: str | None = None, latency: float = 0.25
    ) -> None:
        """Report a result."""
        result = CheckResult(Outcome.of(status, detail), latency, datetime(2030, 1, 1, tzinfo=UTC))
        self.exporter.on_result(target, EndpointState(status == "ok", 1, result))

    def samples(self, name: str) -> dict[str, float]:
        """The samples of *name* by the one label that tells them apart."""
        return {
            sample.labels.get("status") or sample.labels.get("detail") or sample.labels["host"]:
                sample.value
            for metric in self.registry.collect()
            for sample in metric.samples
            if sample.name == name
        }  # fmt: skip

    def count(self) -> int:
        """How many series there are."""
        return sum(len(metric.samples) for metric in self.registry.collect())


@pytest.fixture
def bench() -> Bench:
    """An exporter with a registry of its own."""
    registry = CollectorRegistry()
    return Bench(registry, PrometheusExporter(registry))
