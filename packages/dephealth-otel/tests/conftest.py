"""What every test may ask for."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from otel_bench import Bench, Lines

from dephealth_otel import OtelExporter


@pytest.fixture
def bench() -> Iterator[Bench]:
    """An exporter with a provider of its own."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    yield Bench(reader, provider, OtelExporter(meter_provider=provider))
    provider.shutdown()


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Whatever anybody logs."""
    handler, root = Lines(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield handler
    root.setLevel(level)
    root.removeHandler(handler)
