"""A registry in a process that was forked."""

from __future__ import annotations

import subprocess
import sys

_FORKED = """
import os, sys
from datetime import UTC, datetime
from dephealth import CheckResult, EndpointState, Outcome, Target
from dephealth_prometheus import PrometheusExporter, render
from prometheus_client import REGISTRY

def report():
    running = os.getpid()
    target = Target("orders", "shop", "db", "own", "h", "1", True, {},
        running=lambda: os.getpid() == running)
    exporter.on_added(target)
    result = CheckResult(Outcome.of("ok"), 0.25, datetime.now(UTC))
    exporter.on_result(target, EndpointState(True, 1, result))

def known():
    return REGISTRY.get_sample_value("app_dependency_health", dict(name="orders", group="shop",
        dependency="db", type="own", host="h", port="1", critical="yes"))

exporter = PrometheusExporter()
report()
if (child := os.fork()):
    assert os.waitpid(child, 0)[1] == 0
    print("parent", known())
else:
    print("child", known(), b"orders" in render(REGISTRY))
    report()
    print("child", known())
"""


def test_what_the_parent_found_stays_there() -> None:
    """A child exports what it checks itself, and nothing that its parent has found."""
    command = [sys.executable, "-c", _FORKED]
    said = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60)

    assert said.stdout.splitlines() == ["child None False", "child 1.0", "parent 1.0"]
