"""What ten thousand checks that fail leave behind."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Iterator

import pytest

from dephealth import CheckDnsError
from dephealth_testing import virtual_time

from ._fakes import Bench, Scripted, dependency, hang


async def retry() -> None:
    """Fail with a chain of exceptions when time runs out."""
    while True:
        try:
            raise ConnectionRefusedError
        except ConnectionRefusedError:
            await asyncio.sleep(0.3)


def failing() -> dict[str, Scripted]:
    """Checkers that fail in every way."""
    return {
        "refused": Scripted(ConnectionRefusedError(111, "Connection refused")),
        "unknown": Scripted(ValueError("odd")),
        "silent": Scripted(hang),
        "retrying": Scripted(retry),
        "chained": Scripted(_chained),
    }


async def _chained() -> None:
    try:
        raise OSError(113, "No route to host")
    except OSError as exc:
        raise CheckDnsError("no name") from exc


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Leave it to the references alone what is freed."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_failures_are_no_garbage() -> None:
    """An exception does not keep itself alive by its own traceback."""

    @virtual_time
    async def scenario() -> None:
        specs = [dependency(checker, name) for name, checker in failing().items()]
        async with Bench(*specs):
            await asyncio.sleep(5)
            gc.collect()
            await asyncio.sleep(1000)

            assert gc.collect() < 20

    scenario()


@virtual_time
async def test_failures_leave_nothing() -> None:
    """After ten thousand failures there are as many objects, tasks and threads as before."""
    checkers = failing()
    specs = [dependency(checker, name) for name, checker in checkers.items()]
    async with Bench(*specs, interval=1, timeout=0.5) as bench:

        async def footprint(checks: int) -> tuple[int, int, int]:
            await asyncio.sleep(checks)
            for checker in checkers.values():
                checker.starts.clear()
                checker.ends.clear()
            bench.exporter.results.clear()
            bench.lines.records.clear()
            gc.collect()
            return len(gc.get_objects()), len(asyncio.all_tasks()), threading.active_count()

        objects, *before = await footprint(100)
        objects_after, *after = await footprint(2000)

    assert after == before
    assert objects_after - objects < 500
