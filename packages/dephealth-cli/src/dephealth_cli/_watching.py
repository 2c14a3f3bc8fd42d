"""Showing what checks find, on a screen or as lines, until the user has seen enough."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from dephealth import EndpointState, Exporter, Target
from dephealth.api import DependencyHealth

from ._board import ORDERS, board, change_line
from ._keys import keys
from ._output import emit, on_terminal

_REFRESH = 0.5
"""Seconds between two pictures."""

_HELP = " · ".join([*(f"{key} {name}" for key, (name, _) in ORDERS.items()), "r reverse", "q quit"])


class News(Exporter):
    """Tells which endpoints have changed."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Target] = asyncio.Queue()
        self._known: dict[Target, object] = {}

    def on_added(self, target: Target) -> None:
        """Wait for its first result."""

    def on_result(self, target: Target, state: EndpointState) -> None:
        """Tell of it if it is another one than before."""
        now = state.healthy, state.last and state.last.outcome
        if self._known.get(target) != now:
            self._known[target] = now
            self.queue.put_nowait(target)

    def on_removed(self, target: Target) -> None:
        """Forget it."""
        self._known.pop(target, None)


async def watch(health: DependencyHealth, news: News, note: Callable[[], str] = lambda: "") -> None:
    """Show *health*, which is running, until SIGINT, SIGTERM or the key to quit.

    Args:
        health: What is shown.
        news: An exporter of it.
        note: Gives a line of the screen.
    """
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    show = _show_screen(health, note, ended) if on_terminal() else _show_lines(health, news)
    showing = asyncio.create_task(show)
    ending = asyncio.create_task(ended.wait())
    await asyncio.wait([showing, ending], return_when=asyncio.FIRST_COMPLETED)
    if showing.done():
        ending.cancel()
    else:
        showing.cancel()
        await asyncio.wait([showing])
    if not showing.cancelled():
        showing.result()


async def _show_lines(health: DependencyHealth, news: News) -> None:
    while True:
        target = await news.queue.get()
        # The result is told of before its reason is known.
        await asyncio.sleep(0)
        found = health.history().get(f"{target.dependency}:{target.host}:{target.port}")
        if found is not None:
            emit(change_line(found))


async def _show_screen(
    health: DependencyHealth, note: Callable[[], str], ended: asyncio.Event
) -> None:
    from ._screen import Board

    order, reverse = "s", False
    pressed = asyncio.Event()

    def on_key(key: str) -> None:
        nonlocal order, reverse
        if key == "q":
            ended.set()
        elif key == "r":
            reverse = not reverse
        elif key in ORDERS:
            order, reverse = key, False
        pressed.set()

    health.keep_latencies()
    with Board(screen=True) as shown, keys(on_key):
        while not ended.is_set():
            pressed.clear()
            by = f"by {ORDERS[order][0]}{', reversed' if reverse else ''}"
            lines = [line for line in (note(), f"{by} · {_HELP}") if line]
            shown.show(board(health.history().values(), order, reverse=reverse), "\n".join(lines))
            try:
                async with asyncio.timeout(_REFRESH):
                    await pressed.wait()
            except TimeoutError:
                continue
