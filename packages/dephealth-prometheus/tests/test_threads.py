"""A scrape in one thread while the checks go on in others."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Bench

RESULTS = 10_000


@pytest.fixture(autouse=True)
def _eager_threads() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_no_half_result(bench: Bench) -> None:
    """All series of an endpoint tell of the same result, whenever they are read."""
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
            values = {
                (sample.name, sample.labels.get("le") or sample.labels.get("status")): sample.value
                for metric in bench.registry.collect()
                for sample in metric.samples
            }
            latency = "app_dependency_latency_seconds"
            count = values[f"{latency}_count", None]
            assert values[f"{latency}_bucket", "+Inf"] == count
            assert values[f"{latency}_bucket", "0.5"] == count
            assert values[f"{latency}_sum", None] == count * 0.25
            assert values["app_dependency_status", "ok"] == values["app_dependency_health", None]
            assert values["app_dependency_status", "ok"] == count % 2
        checks.result()


def test_scrape_within_a_result(bench: Bench) -> None:
    """A scrape that comes while a result is taken in sees nothing of it."""
    target = bench.added()
    bench.tell(target, latency=0.25)
    seen = []

    class Latency(float):
        """Has the registry scraped when it is added to the sum."""

        def __radd__(self, other: float) -> float:
            seen.append(
                (
                    *bench.samples("app_dependency_latency_seconds_count").values(),
                    *bench.samples("app_dependency_latency_seconds_sum").values(),
                    *bench.samples("app_dependency_health").values(),
                    *bench.samples("app_dependency_status_detail"),
                )
            )
            return other + float(self)

    bench.tell(target, "timeout", latency=Latency(0.5))
    assert seen == [(1, 0.25, 1, "ok")]


def test_endpoints_come_and_go(bench: Bench) -> None:
    """Each scrape has whole endpoints only while others come and go."""
    stays = bench.added(host="stays.svc")
    bench.tell(stays)
    ended = threading.Event()

    def change() -> None:
        for number in range(RESULTS):
            target = bench.added(host=f"h{number}.svc")
            bench.tell(target)
            bench.exporter.on_removed(target)
        ended.set()

    with ThreadPoolExecutor(1) as pool:
        changes = pool.submit(change)
        while not ended.is_set():
            assert bench.count() in {21, 42}
        changes.result()
    assert bench.count() == 21
