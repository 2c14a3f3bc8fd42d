"""Blocking calls in threads of their own."""

import asyncio
import contextvars
import socket
import threading
from collections.abc import Iterator

import pytest

from dephealth import in_thread

BOUND = 2.0


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two connected sockets."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def _nothing() -> None:
    raise AssertionError("nobody was to be interrupted")


def _checks() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "dephealth-check"]


async def test_result_is_handed_over() -> None:
    """What the call gives is what the caller gets."""
    assert await in_thread(lambda: 7, _nothing) == 7


async def test_call_runs_in_a_daemon_thread_of_its_own() -> None:
    """The call is not in the loop's thread, and does not keep the process alive."""
    thread = await in_thread(threading.current_thread, _nothing)

    assert thread is not threading.current_thread()
    assert thread.daemon


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit()])
async def test_exception_is_raised_where_it_is_awaited(error: BaseException) -> None:
    """Whatever the call raises reaches the caller."""

    def fail() -> None:
        raise error

    with pytest.raises(type(error)):
        await in_thread(fail, _nothing)


async def test_stop_iteration_is_an_error_like_others() -> None:
    """A call that raises what would end a coroutine does not hang its caller."""
    with pytest.raises(RuntimeError, match="StopIteration"):
        await asyncio.wait_for(in_thread(lambda: next(iter(())), _nothing), BOUND)


async def test_context_goes_along() -> None:
    """Context variables are known in the call, such as the running check's deadline."""
    variable = contextvars.ContextVar[str]("variable")
    variable.set("seen")

    assert await in_thread(variable.get, _nothing) == "seen"


async def test_cancellation_interrupts_and_waits(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """A cancelled caller ends the call, and leaves when its thread has."""
    ours, _ = pair
    task = asyncio.create_task(
        in_thread(lambda: ours.recv(1), lambda: ours.shutdown(socket.SHUT_RDWR))
    )
    async with asyncio.timeout(BOUND):
        while not _checks():
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while _checks():  # it has handed over, and has only to return
            await asyncio.sleep(0)


async def test_error_of_an_interrupted_call_is_not_told(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """What an interrupted call raises is a consequence, and no result."""
    ours, _ = pair

    def read() -> None:
        ours.recv(1)
        raise OSError("interrupted")

    task = asyncio.create_task(in_thread(read, lambda: ours.shutdown(socket.SHUT_RDWR)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(asyncio.shield(task), BOUND)


def test_loop_may_end_before_the_call(pair: tuple[socket.socket, socket.socket]) -> None:
    """A call that outlives its loop ends quietly."""
    ours, theirs = pair

    loop = asyncio.new_event_loop()
    task = loop.create_task(in_thread(lambda: ours.recv(1), lambda: None))
    loop.call_soon(loop.stop)
    loop.run_forever()
    (thread,) = _checks()
    task.cancel()  # else its end would be told as a task destroyed while pending
    loop.call_soon(loop.stop)
    loop.run_forever()
    theirs.close()
    thread.join(BOUND)
    assert not thread.is_alive()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()
