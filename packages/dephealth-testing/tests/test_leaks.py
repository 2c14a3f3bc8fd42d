"""The leak check, which must find each kind of thing and nothing else."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dephealth_testing import assert_nothing_left
from dephealth_testing._descriptors import open_descriptors

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def found(what: str) -> Iterator[None]:
    """Expect the check inside to fail, naming *what*."""
    with pytest.raises(AssertionError, match=what):
        yield


def test_nothing() -> None:
    """Code that cleans up after itself passes."""
    with assert_nothing_left(), socket.socket():
        pass


def test_socket() -> None:
    """An open socket is named by its address."""
    with found(r"socket\.socket.*127\.0\.0\.1"), assert_nothing_left(within=0):
        server = socket.create_server(("127.0.0.1", 0))
    server.close()


def test_file(tmp_path: Path) -> None:
    """An open file is named by its path."""
    with found("left-open"), assert_nothing_left(within=0):
        descriptor = os.open(tmp_path / "left-open", os.O_CREAT)
    os.close(descriptor)


def test_descriptor_in_the_place_of_another() -> None:
    """A descriptor that took the number of one that was closed is found."""
    ours, theirs = socket.socketpair()
    reused = os.dup(ours.fileno())
    with ours, theirs, found(f"descriptor {reused}"), assert_nothing_left(within=0):
        os.dup2(theirs.fileno(), reused)
    os.close(reused)


def test_thread() -> None:
    """A running thread is named, with the place where it is."""
    end = threading.Event()
    thread = threading.Thread(target=end.wait, name="left-running")
    with found("left-running.* in wait"), assert_nothing_left(within=0):
        thread.start()
    end.set()
    thread.join()


async def test_task() -> None:
    """A pending task is named."""
    with found("left-pending"):
        async with assert_nothing_left(within=0):
            task = asyncio.create_task(asyncio.sleep(60), name="left-pending")
    task.cancel()


async def test_things_get_time_to_end() -> None:
    """What ends by itself within the time is not left behind."""
    async with assert_nothing_left(within=10):
        task = asyncio.create_task(asyncio.sleep(0.05))
    assert task.done()


def test_threads_get_time_to_end() -> None:
    """So is a thread that ends within the time."""
    with assert_nothing_left(within=10):
        thread = threading.Timer(0.05, lambda: None)
        thread.start()
    assert not thread.is_alive()


async def test_a_spare_thread_is_the_loops_own() -> None:
    """A thread that asyncio keeps for later work is not left behind by the code that used it."""
    async with assert_nothing_left():
        await asyncio.to_thread(lambda: None)


async def test_a_busy_thread_is_left() -> None:
    """A thread of asyncio's pool that is stuck in work is left behind."""
    end = threading.Event()
    try:
        with found(r"in wait\(\) at"):
            async with assert_nothing_left(within=0):
                working = asyncio.get_running_loop().run_in_executor(None, end.wait)
    finally:
        end.set()
    await working


def test_an_error_inside_comes_through() -> None:
    """The block's own error is not covered by what it left behind."""
    with pytest.raises(ValueError, match="inside"), assert_nothing_left():
        raise ValueError("inside")


async def test_an_error_inside_a_coroutine_comes_through() -> None:
    """Nor is that of a coroutine."""
    with pytest.raises(ValueError, match="inside"):
        async with assert_nothing_left():
            raise ValueError("inside")


def test_without_a_list_of_descriptors() -> None:
    """Where the system does not list the open descriptors, they are found by trying."""
    with socket.socket():
        assert open_descriptors(Path("/nowhere")) == open_descriptors()
