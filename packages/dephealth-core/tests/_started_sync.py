"""Running objects in a background thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from dephealth import Dependency, Endpoint

from ._started import Started


class Noticing:
    """A checker that passes, and lets a test wait for its first check."""

    def __init__(self) -> None:
        self.thread: Future[threading.Thread] = Future()

    async def check(self, endpoint: Endpoint) -> None:
        if not self.thread.done():
            self.thread.set_result(threading.current_thread())


@contextmanager
def started_sync(*specs: Dependency, **options: Any) -> Iterator[Started]:
    it = Started(*specs, **options)
    it.health.start_sync()
    try:
        yield it
    finally:
        it.health.stop_sync()


def background_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "dephealth"]
