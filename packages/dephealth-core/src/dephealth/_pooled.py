"""Checkers that can use the application's own pool or client."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from inspect import iscoroutinefunction
from typing import Any, ClassVar

from ._checker import Checker, time_left
from .errors import CheckError, ConfigurationError, NotYetError

_MOST_RESERVED = 1.0
_PUNCTUAL = 0.001


class PooledChecker(Checker):
    """A checker with pool mode (docs/pools.md).

    Its dataclass has an option of the name `source_option` (``pool`` or
    ``client``) that takes the application's object, or a callable that gives
    it, None while it does not exist yet.
    """

    source_option: ClassVar[str] = "pool"
    bound_to_loop: ClassVar[bool] = True
    """Whether the object belongs to one event loop."""

    @abstractmethod
    def locate(self, source: Any) -> tuple[str, str | int]:
        """Host and port that *source*, the application's object, is configured with.

        Raises:
            ConfigurationError: They cannot be told; asks for ``host=`` and ``port=``.
        """

    @abstractmethod
    def verify(self, source: Any) -> None:
        """Accept *source* if it is an object that this checker can use.

        Raises:
            ConfigurationError: It is of another kind; says what is asked for.
        """

    def loop_of(self, source: Any) -> asyncio.AbstractEventLoop | None:  # noqa: ARG002
        """The loop that *source* is bound to, None if to none yet or not known."""
        return None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.holds_object:
            self.verify(self.given)
        elif iscoroutinefunction(self.given):
            raise ConfigurationError(
                f"{self.source_option}= must give the object itself: an async function does not"
            )

    @property
    def given(self) -> Any:
        """What the user gave: the object, or the callable that gives it."""
        return getattr(self, self.source_option)

    @property
    def pooled(self) -> bool:
        """Whether the checker was given an object, or a callable for one."""
        return self.given is not None

    @property
    def holds_object(self) -> bool:
        """Whether it was given the object itself."""
        return self.pooled and not callable(self.given)

    def borrow(self) -> Any:
        """The application's object, for one check on the running loop.

        Raises:
            NotYetError: There is none at the moment.
            CheckError: The callable that gives it raised.
            ConfigurationError: It is of another kind, or bound to another loop.
        """
        source = self.given
        if callable(source):
            source = self._asked(source)
            self.verify(source)
        self.check_loop(source, asyncio.get_running_loop())
        return source

    def _asked(self, function: Callable[[], Any]) -> Any:
        try:
            source = function()
        except Exception as exc:
            # Said so, or a refusal met in there would be taken for the dependency's.
            raise CheckError(f"{self.source_option}= raised {exc!r}") from exc
        if source is None:
            raise NotYetError(f"{self.source_option}= gives None")
        return source

    def check_loop(self, source: Any, running: asyncio.AbstractEventLoop) -> None:
        """Raise `ConfigurationError` if *source* is bound to another loop than *running*."""
        bound = self.loop_of(source)
        if bound is not None and bound is not running:
            raise ConfigurationError(
                f"{self.source_option}= is bound to another event loop than the one that checks it"
            )


@asynccontextmanager
async def pool_timeout() -> AsyncIterator[None]:
    """Raise `TimeoutError` within, where a pool is waited for, in time to ask the server itself.

    For that is the rest until the deadline, a quarter of what is left and at
    most a second. Time in which the application blocks the event loop, and so
    keeps its connections, does not count.
    """
    loop = asyncio.get_running_loop()
    reserved = min(time_left() / 4, _MOST_RESERVED)
    timer: asyncio.TimerHandle | None = None

    def look() -> None:
        nonlocal timer
        left = time_left() - reserved
        if left > _PUNCTUAL:
            timer = loop.call_later(left, look)
        else:
            bound.reschedule(loop.time())

    async with asyncio.timeout(None) as bound:
        timer = loop.call_later(time_left() - reserved, look)
        try:
            yield
        finally:
            timer.cancel()


def refuse_bound_object(dependency: str, checker: object) -> None:
    """Refuse a checker with an object of the application's loop, where the checks have another.

    Raises:
        ConfigurationError: It is one.
    """
    if isinstance(checker, PooledChecker) and checker.holds_object and checker.bound_to_loop:
        raise ConfigurationError(
            f"dependency {dependency!r}: {checker.source_option}= belongs to an event loop, "
            "and start_sync() checks on one of its own: give a callable that makes it there, "
            "or url="
        )
