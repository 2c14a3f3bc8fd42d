"""What arrives at a receiver of OTLP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric
from otel_receiver import RECEIVERS, Receiver
from otel_running import Checker, running

from dephealth_otel import OtelExporter
from dephealth_otel._setup import pushing_provider

HISTOGRAM = "app_dependency_latency_seconds"
GAUGES = ["app_dependency_health", "app_dependency_status", "app_dependency_status_detail"]


@pytest.fixture(params=RECEIVERS)
def receiver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver, of each kind that there is."""
    with RECEIVERS[request.param]() as it:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", it.protocol)
        yield it


async def refuse() -> None:
    """Fail."""
    raise ConnectionRefusedError


async def received(receiver: Receiver) -> dict[str, Metric]:
    """The metrics of one endpoint that is down, as they arrive."""
    provider = pushing_provider(receiver.url, interval=0.1)
    try:
        async with running(Checker(refuse), OtelExporter(meter_provider=provider)) as (_, results):
            await results.come(1)
            provider.force_flush()
        return receiver.metrics()
    finally:
        provider.shutdown()


async def test_four_metrics(receiver: Receiver) -> None:
    """All four arrive, with units that no backend makes a part of a name."""
    metrics = await received(receiver)
    assert {name: (metric.WhichOneof("data"), metric.unit) for name, metric in metrics.items()} == {
        HISTOGRAM: ("histogram", "s"),
        **dict.fromkeys(GAUGES, ("gauge", "")),
    }


async def test_histogram(receiver: Receiver) -> None:
    """The histogram is cumulative and has the contract's buckets."""
    histogram = (await received(receiver))[HISTOGRAM].histogram
    assert (
        histogram.aggregation_temporality
        == AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
    )
    (point,) = histogram.data_points
    assert list(point.explicit_bounds) == [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0]
    assert (sum(point.bucket_counts), point.count) == (1, 1)


async def test_gauges(receiver: Receiver) -> None:
    """The gauges tell what the check has found."""
    metrics = await received(receiver)
    (health,), statuses, (detail,) = (metrics[name].gauge.data_points for name in GAUGES)
    assert health.as_int == 0
    assert {
        attribute.value.string_value: point.as_int
        for point in statuses
        for attribute in point.attributes
        if attribute.key == "status" and point.as_int
    } == {"connection_error": 1}
    assert len(statuses) == 8
    assert {attribute.key: attribute.value.string_value for attribute in detail.attributes} == {
        "name": "orders",
        "group": "shop",
        "dependency": "orders-db",
        "type": "fake",
        "host": "db.svc",
        "port": "5432",
        "critical": "yes",
        "detail": "connection_refused",
    }
