"""A name server that answers when told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from dephealth._resolver import Resolver

from ._fakes import BOUND

HOST = "db.svc"


class Dns:
    """A name server that answers when told, and counts what it was asked."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.asked: asyncio.Queue[Question] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self.resolver = Resolver(self._addresses, lambda: self.now)

    def _addresses(self, host: str) -> Sequence[str]:
        question = Question(host)
        self._loop.call_soon_threadsafe(self.asked.put_nowait, question)
        return question.wait()

    def ask(self, host: str = HOST) -> asyncio.Task[Sequence[str]]:
        return asyncio.create_task(self.resolver.resolve(host))

    async def question(self) -> Question:
        """The next question that arrives."""
        return await asyncio.wait_for(self.asked.get(), BOUND)


class Question:
    """A lookup that waits for its answer."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.thread = threading.current_thread()
        self._answered = threading.Event()
        self._answer: Sequence[str] | Exception = ()

    def wait(self) -> Sequence[str]:
        assert self._answered.wait(2 * BOUND)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    async def answer(self, answer: Sequence[str] | Exception) -> None:
        """Answer it, and wait for the end of its thread."""
        self._answer = answer
        self._answered.set()
        await asyncio.to_thread(self.thread.join, BOUND)
