"""The exporter that remembers."""

from __future__ import annotations

import pytest

from dephealth import Dependency, Endpoint, UnhealthyError
from dephealth.api import DependencyHealth
from dephealth_testing import RecordingExporter, virtual_time


class Alternating:
    """A checker that passes and fails in turn."""

    def __init__(self) -> None:
        self.checks = 0

    async def check(self, endpoint: Endpoint) -> None:
        self.checks += 1
        if self.checks % 2 == 0:
            raise UnhealthyError("not today")


def watching(recorder: RecordingExporter, *names: str) -> DependencyHealth:
    here = [Endpoint("db.svc", "1")]
    dependencies = [
        Dependency(name=name, type="own", checker=Alternating(), critical=True, endpoints=here)
        for name in names
    ]
    return DependencyHealth("shop", "web", *dependencies, exporters=[recorder])


@virtual_time
async def test_all_is_remembered() -> None:
    """The recorder tells what was added, found and removed, and when."""
    recorder = RecordingExporter()
    health = watching(recorder, "db")
    await health.start()
    await recorder.until(3)
    await health.remove_endpoint("db", "db.svc", "1")
    await health.stop()
    assert recorder.details() == ["ok", "unhealthy", "ok"]
    assert [target.dependency for target in recorder.added] == ["db"]
    assert recorder.removed == recorder.added == [recorder.results[0].target]
    first, second, third = (result.at for result in recorder.results)
    assert third - second == pytest.approx(15.0)
    assert first < second


@virtual_time
async def test_one_dependency_of_several() -> None:
    """The details of one dependency can be asked for and waited for."""
    recorder = RecordingExporter()
    health = watching(recorder, "db", "cache")
    await health.start()
    await recorder.until(2, "cache")
    await health.stop()
    assert recorder.details("cache") == ["ok", "unhealthy"]
    assert len(recorder.details()) >= 3


@virtual_time
async def test_results_that_do_not_come() -> None:
    """Waiting for a result is bounded."""
    recorder = RecordingExporter()
    with pytest.raises(TimeoutError):
        await recorder.until(1, within=1000)
