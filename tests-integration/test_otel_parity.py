"""The same endpoints through OpenTelemetry and through dephealth-prometheus: nothing differs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import CollectorRegistry

from dephealth import (
    CheckAuthError,
    CheckDnsError,
    CheckError,
    CheckTimeoutError,
    CheckTlsError,
    Dependency,
    Endpoint,
    EndpointState,
    HealthChecker,
    Target,
    UnhealthyError,
)
from dephealth._plugins import installed
from dephealth.api import DependencyHealth
from dephealth_otel import OtelExporter
from dephealth_prometheus import PrometheusExporter

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]

CHECKS = 3
BOUND = 30.0


class Told:
    """A checker that finds the next of what it was told in each check, and the last for ever."""

    def __init__(self, *finds: Exception | None, seconds: float = 0.0) -> None:
        self._finds = list(finds)
        self._seconds = seconds

    async def check(self, endpoint: Endpoint) -> None:
        """Find it."""
        await asyncio.sleep(self._seconds)
        found = self._finds.pop(0) if len(self._finds) > 1 else self._finds[0]
        if found is not None:
            raise found


CHECKERS: dict[str, HealthChecker] = {
    "fine": Told(None),
    "slow": Told(None, seconds=0.06),
    "refused": Told(ConnectionRefusedError()),
    "reset": Told(ConnectionResetError()),
    "late": Told(CheckTimeoutError("late")),
    "nameless": Told(CheckDnsError("no such name")),
    "locked": Told(CheckAuthError("no")),
    "untrusted": Told(CheckTlsError("who")),
    "ill": Told(UnhealthyError("ill", detail="http_503")),
    "recovered": Told(ConnectionRefusedError(), None),
    "broken": Told(None, CheckError("broken", "error", "query_error")),
    "odd": Told(ValueError("odd")),
}
LABELS: dict[str, dict[str, str]] = {
    "fine": {"az": "a1"},
    "slow": {"az": "a1", "team": "blue"},
    "ill": {"Odd_1": 'a"b\\c\nd €'},
    "odd": {"az": "", "shard": "7"},
}


class Count:
    """An exporter that tells when every endpoint has been checked so often."""

    def __init__(self) -> None:
        self.checks: dict[Target, int] = {}
        self.enough = asyncio.Event()

    def on_added(self, target: Target) -> None:
        """Expect it."""
        self.checks[target] = 0

    def on_result(self, target: Target, state: EndpointState) -> None:
        """Count it."""
        self.checks[target] += 1
        if min(self.checks.values()) >= CHECKS:
            self.enough.set()

    def on_removed(self, target: Target) -> None:
        """Ignore it."""


@pytest.fixture
def provider() -> Iterator[tuple[MeterProvider, CollectorRegistry]]:
    """A provider that is read to a registry by OpenTelemetry's own reader."""
    registry = CollectorRegistry()
    reader = PrometheusMetricReader(
        disable_target_info=True, scope_info_enabled=False, registry=registry
    )
    provider = MeterProvider([reader])
    yield provider, registry
    provider.shutdown()


def samples(registry: CollectorRegistry) -> Samples:
    """All samples; a label that is empty is absent, as Prometheus reads it."""
    return {
        (sample.name, frozenset(item for item in sample.labels.items() if item[1])): sample.value
        for metric in registry.collect()
        for sample in metric.samples
    }


def families(registry: CollectorRegistry) -> dict[str, tuple[str, str]]:
    """Type and help of each metric."""
    return {metric.name: (metric.type, metric.documentation) for metric in registry.collect()}


def test_both_are_used_where_both_are_installed() -> None:
    """Without `exporters=` an object tells both."""
    assert {"otel", "prometheus"} <= {spec.name for spec in installed().exporters()}


async def test_parity(provider: tuple[MeterProvider, CollectorRegistry]) -> None:
    """Twelve endpoints have the same samples both ways: names, labels and values."""
    through, read = provider
    direct, count = CollectorRegistry(), Count()
    health = DependencyHealth(
        "orders",
        "shop",
        *(
            Dependency(
                name=name,
                type="fake",
                checker=checker,
                endpoints=[Endpoint(f"{name}.svc", "5432")],
                critical=name in {"fine", "ill"},
                labels=LABELS.get(name, {}),
            )
            for name, checker in CHECKERS.items()
        ),
        check_interval=1,
        timeout=0.5,
        exporters=[PrometheusExporter(direct), OtelExporter(meter_provider=through), count],
    )
    await health.start()
    await asyncio.wait_for(count.enough.wait(), BOUND)
    await health.stop()

    there, here = samples(read), samples(direct)
    assert len(here) == 12 * 21
    assert there == here
    assert families(read) == families(direct)
