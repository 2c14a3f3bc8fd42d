"""A collection in one thread while the checks go on in others."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from opentelemetry.metrics import (
    CallbackOptions,
    CallbackT,
    Meter,
    MeterProvider,
    NoOpMeter,
    Observation,
)
from otel_bench import Bench

from dephealth_otel import OtelExporter

RESULTS = 5_000
GAUGES = ["app_dependency_health", "app_dependency_status", "app_dependency_status_detail"]


@pytest.fixture(autouse=True)
def _eager_threads() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


class Manual(MeterProvider, NoOpMeter):
    """A provider whose gauges are called one by one."""

    def __init__(self) -> None:
        super().__init__("manual")
        self.callbacks: dict[str, CallbackT] = {}

    def get_meter(self, name: str, *_: Any, **__: Any) -> Meter:
        """Itself."""
        return self

    def create_observable_gauge(
        self, name: str, callbacks: Sequence[CallbackT] | None = None, *_: Any, **__: Any
    ) -> Any:
        """Keep the callback."""
        assert callbacks is not None
        (self.callbacks[name],) = callbacks

    def call(self, name: str) -> list[Observation]:
        """What one gauge observes."""
        callback: Any = self.callbacks[name]
        return list(callback(CallbackOptions()))


def test_no_half_result(bench: Bench) -> None:
    """The gauges of one collection tell of the same result, whenever it is made."""
    target = bench.added()
    bench.tell(target)
    ended = threading.Event()

    def check() -> None:
        for number in range(RESULTS):
            bench.tell(target, *(("ok", "ok") if number % 2 else ("timeout", "timeout")))
        ended.set()

    with ThreadPoolExecutor(1) as pool:
        checks = pool.submit(check)
        while not ended.is_set():
            known: Any = bench.metrics()
            (health,), status, (detail,) = (known[name].data.data_points for name in GAUGES)
            (named,) = (point.attributes["status"] for point in status if point.value)
            assert detail.attributes["detail"] == named
            assert health.value == (named == "ok")
        checks.result()


def test_result_within_a_collection(bench: Bench) -> None:
    """A result that comes between two gauges of a collection is in none of them."""
    provider = Manual()
    bench.exporter = OtelExporter(meter_provider=provider)
    target = bench.added()
    bench.tell(target)
    provider.call("app_dependency_health")
    bench.tell(target, "timeout")
    assert provider.call("app_dependency_status")[0].value == 1
    (detail,) = provider.call("app_dependency_status_detail")
    assert (detail.attributes or {})["detail"] == "ok"


def test_gauge_that_is_called_alone(bench: Bench) -> None:
    """A gauge that nobody called another one before reads the latest result itself."""
    provider = Manual()
    bench.exporter = OtelExporter(meter_provider=provider)
    target = bench.added()
    bench.tell(target)
    for name in provider.callbacks:
        provider.call(name)
    bench.tell(target, "timeout")
    assert provider.call("app_dependency_status")[0].value == 0
    (detail,) = provider.call("app_dependency_status_detail")
    assert (detail.attributes or {})["detail"] == "timeout"


def test_endpoints_come_and_go(bench: Bench) -> None:
    """Collections go on while endpoints come and go."""
    bench.tell(bench.added(host="stays.svc"))
    ended = threading.Event()

    def change() -> None:
        for number in range(200):
            target = bench.added(host=f"h{number}.svc")
            bench.tell(target)
            bench.exporter.on_removed(target)
        ended.set()

    with ThreadPoolExecutor(1) as pool:
        changes = pool.submit(change)
        while not ended.is_set():
            assert bench.values("app_dependency_health").keys() >= {"stays.svc"}
        changes.result()
    assert bench.values("app_dependency_health") == {"stays.svc": 1}
