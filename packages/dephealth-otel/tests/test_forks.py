"""A meter provider in a process that was forked."""

from __future__ import annotations

import subprocess
import sys

_FORKED = """
import os, sys
from datetime import UTC, datetime
from dephealth import CheckResult, EndpointState, Outcome, Target
from dephealth_otel import OtelExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

def report():
    running = os.getpid()
    target = Target("orders", "shop", "db", "own", "h", "1", True, {},
        running=lambda: os.getpid() == running)
    exporter.on_added(target)
    result = CheckResult(Outcome.of("ok"), 0.25, datetime.now(UTC))
    exporter.on_result(target, EndpointState(True, 1, result))

def known():
    [resource] = reader.get_metrics_data().resource_metrics
    names = [metric.name for scope in resource.scope_metrics for metric in scope.metrics]
    return "app_dependency_health" in names

reader = InMemoryMetricReader()
exporter = OtelExporter(meter_provider=MeterProvider([reader]))
report()
if (child := os.fork()):
    assert os.waitpid(child, 0)[1] == 0
    print("parent", known())
else:
    print("child", known())
    report()
    print("child", known())
"""


def test_what_the_parent_found_stays_there() -> None:
    """A child has gauges of what it checks itself, and of nothing that its parent has found."""
    command = [sys.executable, "-c", _FORKED]
    said = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60)

    assert said.stdout.splitlines() == ["child False", "child True", "parent True"]
