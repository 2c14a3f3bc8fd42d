"""What an exporter brings around each check."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from types import TracebackType

import pytest

from dephealth import EnclosingExporter, Endpoint, EndpointState, Exporter, Target
from dephealth_testing import virtual_time

from ._fakes import Bench, Recorder, Scripted, Stubborn, dependency, hang

Around = Callable[[Target], AbstractContextManager[object]]

inside: ContextVar[str] = ContextVar("inside", default="nothing")


class Enclosing(Recorder):
    """An exporter that encloses each check as it is told."""

    def __init__(self, around: Around) -> None:
        super().__init__()
        self.around_check = around
        self.seen: list[str] = []

    def on_result(self, target: Target, state: EndpointState) -> None:
        """Note what this is called within."""
        super().on_result(target, state)
        self.seen.append(inside.get())


class Steps:
    """Notes the steps of a check in their order."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    @contextmanager
    def around(self, target: Target) -> Iterator[None]:
        """Enclose a check in two notes and a context variable."""
        self.taken.append(f"enter {target.dependency}")
        token = inside.set(target.dependency)
        try:
            yield
        finally:
            inside.reset(token)
            self.taken.append("exit")

    async def check(self, endpoint: Endpoint) -> None:
        """Note what the check sees."""
        await asyncio.sleep(0.1)
        self.taken.append(f"check in {inside.get()}")


@virtual_time
async def test_every_check_is_enclosed() -> None:
    """Each check is entered before it begins, and left after it ended."""
    steps = Steps()
    async with Bench(dependency(steps), exporters=[Enclosing(steps.around)]) as bench:
        await bench.exporter.until(2)
    assert steps.taken == ["enter db", "check in db", "exit"] * 2


@virtual_time
async def test_result_is_told_within() -> None:
    """`on_result` of a check is called inside what encloses it."""
    steps = Steps()
    exporter = Enclosing(steps.around)
    async with Bench(dependency(Scripted(None)), exporters=[exporter]) as bench:
        await bench.exporter.until(1)
    assert exporter.seen == ["db"]


@virtual_time
async def test_overtime_is_told_outside() -> None:
    """The timeout of a check that does not end is told inside of no check, also no other one."""
    steps = Steps()
    exporter = Enclosing(steps.around)
    stubborn = Stubborn()
    other = dependency(Scripted(1.9, hang), "other")
    async with Bench(other, dependency(Scripted(stubborn)), exporters=[exporter]) as bench:
        await bench.exporter.until(1)
        stubborn.released.set()
    assert exporter.seen == ["other", "nothing"]


@virtual_time
async def test_last_exporter_is_innermost() -> None:
    """What several exporters bring is left in the opposite order."""
    order: list[str] = []

    def named(name: str) -> Around:
        @contextmanager
        def around(_: Target) -> Iterator[None]:
            order.append(f"enter {name}")
            yield
            order.append(f"exit {name}")

        return around

    exporters = [Enclosing(named("a")), Enclosing(named("b"))]
    async with Bench(dependency(Scripted()), exporters=exporters) as bench:
        await bench.exporter.until(1)
        await asyncio.sleep(0.1)
    assert order == ["enter a", "enter b", "exit b", "exit a"]


@virtual_time
async def test_enclosure_does_not_count() -> None:
    """The latency of a check begins after what encloses it was entered."""
    entered = []

    @contextmanager
    def slow(_: Target) -> Iterator[None]:
        entered.append(bench.loop.time())
        yield

    async with Bench(dependency(Scripted(0.25)), exporters=[Enclosing(slow)]) as bench:
        await bench.exporter.until(1)
    (result,) = bench.exporter.results
    assert result.state.last is not None
    assert result.state.last.latency == pytest.approx(0.25)
    assert len(entered) == 1


class Swallowing:
    """A context manager that wants to suppress every exception."""

    def __init__(self) -> None:
        self.left: list[type[BaseException] | None] = []

    def __enter__(self) -> None:
        """Enter."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Suppress."""
        self.left.append(kind)
        return True


@virtual_time
async def test_stop_is_not_suppressed() -> None:
    """What encloses a check that is stopped is told so, but cannot keep it going."""
    swallowing = Swallowing()
    async with Bench(dependency(Scripted(hang)), exporters=[Enclosing(lambda _: swallowing)]):
        await asyncio.sleep(1)
    assert swallowing.left == [asyncio.CancelledError]
    assert len(asyncio.all_tasks()) == 1


@virtual_time
async def test_failure_is_no_exception_of_the_check() -> None:
    """A check that fails leaves what encloses it without an exception."""
    swallowing = Swallowing()
    exporter = Enclosing(lambda _: swallowing)
    async with Bench(dependency(Scripted(ConnectionRefusedError())), exporters=[exporter]) as bench:
        await bench.exporter.until(2)
    assert swallowing.left == [None, None]


def refuse(_: Target) -> AbstractContextManager[object]:
    """Bring nothing."""
    raise ValueError("nothing to bring")


@contextmanager
def refuse_entry(_: Target) -> Iterator[None]:
    """Fail when entered."""
    if inside.get():
        raise ValueError("no entry")
    yield


@contextmanager
def refuse_exit(_: Target) -> Iterator[None]:
    """Fail when left."""
    yield
    raise ValueError("no exit")


@pytest.mark.parametrize("around", [refuse, refuse_entry, refuse_exit])
def test_what_it_raises_harms_no_check(around: Around) -> None:
    """An exporter that fails around a check is logged once, and the checks go on."""

    @virtual_time
    async def scenario() -> None:
        steps = Steps()
        exporters = [Enclosing(around), Enclosing(steps.around)]
        async with Bench(dependency(Scripted(None)), exporters=exporters) as bench:
            await bench.exporter.until(3)
        assert bench.seconds() == [(0.0, "ok"), (10.0, "ok"), (20.0, "ok")]
        assert bench.lines.at(logging.ERROR) == ["exporter Enclosing failed"]
        assert steps.taken == ["enter db", "exit"] * 3

    scenario()


def test_only_who_brings_something_is_asked() -> None:
    """An exporter without `around_check` is an exporter like any other."""
    exporter: Exporter = Recorder()
    assert not isinstance(exporter, EnclosingExporter)
    assert isinstance(Enclosing(refuse), EnclosingExporter)
