"""What an exporter adds to a check."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from dephealth import OK, CheckResult, EndpointState, Exporter, Target
from dephealth._audience import Audience
from dephealth_otel import OtelExporter

from .row import Row

SECTION = "Exporters"
_BATCH = 500
_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)


async def opentelemetry(rounds: int = 60) -> list[Row]:
    """What the OpenTelemetry exporter does for a check, beside a bare `histogram.record`."""
    provider, other = (MeterProvider([InMemoryMetricReader()]) for _ in range(2))
    target = Target("bench", "bench", "dep", "idle", "10.0.0.1", "1", True, {}, lambda: True)
    histogram = other.get_meter("bench").create_histogram(
        "seconds", unit="s", explicit_bucket_boundaries_advisory=_BUCKETS
    )
    labels = target.label_values()

    def recorded() -> None:
        for _ in range(_BATCH):
            histogram.record(0.002, labels)

    nothing, bare, exported, idle = _least(
        rounds,
        _checks(target),
        recorded,
        _checks(target, OtelExporter(meter_provider=provider)),
        _checks(target, OtelExporter()),
    )
    provider.shutdown()
    other.shutdown()
    times = (exported - nothing) / bare
    return [
        Row(
            SECTION,
            "dephealth-otel, a check beyond a bare `histogram.record`",
            (exported - nothing - bare) * 1e6,
            10,
            "µs",
            f"{times:.2f} times the {bare * 1e6:.1f} µs of the bare one",
        ),
        Row(SECTION, "dephealth-otel, where no provider is set", (idle - nothing) * 1e6, 5, "µs"),
    ]


def _checks(target: Target, *exporters: Exporter) -> Callable[[], None]:
    """What the core does to tell *exporters* of so many checks."""
    audience = Audience(exporters, logging.getLogger("dephealth"))
    audience.added([target])
    state = EndpointState(healthy=True, streak=1, last=CheckResult(OK, 0.002, datetime.now(UTC)))

    def run() -> None:
        for _ in range(_BATCH):
            with audience.around(target):
                audience.result(target, state)

    return run


def _least(rounds: int, *batches: Callable[[], None]) -> list[float]:
    """CPU seconds of one turn of each; the least of all rounds, as others only ever add."""
    times: list[list[float]] = [[] for _ in batches]
    for _ in range(rounds):
        for batch, seconds in zip(batches, times, strict=True):
            gc.collect()
            before = time.process_time()
            batch()
            seconds.append((time.process_time() - before) / _BATCH)
    return [min(each) for each in times]


ALL: dict[str, Callable[[], Awaitable[list[Row]]]] = {"otel": opentelemetry}
