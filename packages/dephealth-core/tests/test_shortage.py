"""Our own process lacks something: that says nothing about the dependency."""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

from dephealth import require_descriptors
from dephealth._resolver import resolve
from dephealth_testing import assert_nothing_left, virtual_time

from ._fakes import Bench, Scripted, dependency

EMFILE = OSError(errno.EMFILE, "Too many open files")


@contextmanager
def no_descriptors() -> Iterator[None]:
    """Let the process open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    "error",
    [
        EMFILE,
        OSError(errno.ENFILE, "Too many open files in system"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        MemoryError(),
        RuntimeError("can't start new thread"),
    ],
    ids=repr,
)
def test_shortage_is_no_result(error: Exception) -> None:
    """Without descriptors, memory or threads the state stays as it was."""

    @virtual_time
    async def scenario() -> None:
        async with Bench(dependency(Scripted(None, error))) as bench:
            await asyncio.sleep(35)

            assert bench.seconds() == [(0.0, "ok")]

    scenario()


@virtual_time
async def test_shortage_is_retried_soon() -> None:
    """The check is made again a second later, and is on time afterwards."""
    checker = Scripted(None, EMFILE, EMFILE, None)
    async with Bench(dependency(checker)) as bench:
        await bench.exporter.until(3)

        assert bench.seconds() == [(0.0, "ok"), (12.0, "ok"), (20.0, "ok")]


@virtual_time
async def test_shortage_before_the_first_result() -> None:
    """An endpoint that could not be checked yet stays unknown, and is retried."""
    async with Bench(dependency(Scripted(EMFILE, EMFILE, None))) as bench:
        await bench.exporter.until(1)

        assert bench.seconds() == [(2.0, "ok")]


@virtual_time
async def test_long_shortage_is_an_error() -> None:
    """After three intervals in a row without a result the endpoint's status is an error."""
    async with Bench(dependency(Scripted(None, EMFILE))) as bench:
        await bench.exporter.until(3)

        assert bench.seconds() == [(0.0, "ok"), (40.0, "error"), (50.0, "error")]


@virtual_time
async def test_any_result_ends_a_shortage() -> None:
    """Only intervals in a row count: a failure of the dependency lies between."""
    steps = [None, *[EMFILE] * 5, ConnectionRefusedError(), ConnectionRefusedError()]
    async with Bench(dependency(Scripted(*steps, ConnectionRefusedError(), EMFILE))) as bench:
        await asyncio.sleep(65)

        assert [detail for _, detail in bench.seconds()] == ["ok", *["connection_refused"] * 3]


@virtual_time
async def test_shortage_is_logged_once() -> None:
    """However many endpoints lack something, it is told once a minute."""
    specs = [dependency(Scripted(None, EMFILE), f"db-{n}") for n in range(20)]
    async with Bench(*specs, interval=60) as bench:
        await asyncio.sleep(55)

        (line,) = bench.lines.at(logging.ERROR)
        assert "no result, as this process lacks something: OSError: [Errno 24]" in line


async def test_no_descriptors_left() -> None:
    """A process without descriptors gets no answer about a name, rather than a DNS error."""
    with no_descriptors(), pytest.raises(OSError, match="Too many open files") as caught:
        await asyncio.wait_for(resolve("localhost"), 10)

    assert caught.value.errno == errno.EMFILE


@pytest.mark.parametrize(("lacking", "number"), [(True, errno.EMFILE), (False, errno.EAGAIN)])
async def test_resolver_that_says_it_may_work_later(
    monkeypatch: pytest.MonkeyPatch, lacking: bool, number: int
) -> None:
    """It is the want of descriptors that counts, if that is why."""

    def look_up(*_: object, **__: object) -> object:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with no_descriptors() if lacking else nullcontext(), pytest.raises(OSError) as caught:  # noqa: PT011
        await asyncio.wait_for(resolve("db.test"), 10)

    assert caught.value.errno == number


async def test_no_threads_left() -> None:
    """A process without threads gets what Python raises then, for this name and no longer."""
    before = threading.stack_size(1 << 45)
    try:
        with pytest.raises(RuntimeError, match="can't start new thread"):
            await asyncio.wait_for(resolve("localhost"), 10)
    finally:
        threading.stack_size(before)

    assert "127.0.0.1" in await asyncio.wait_for(resolve("localhost"), 10)


def test_descriptors_are_required() -> None:
    """Who needs more descriptors than there are is told so, and none of them stays open."""
    require_descriptors()
    with assert_nothing_left(), no_descriptors(), pytest.raises(OSError, match="Too many") as told:
        require_descriptors()
    assert told.value.errno == errno.EMFILE
