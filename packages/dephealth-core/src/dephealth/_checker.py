"""What asks one kind of dependency whether it works."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from ._classification import ErrorTable, lookup
from ._endpoint import Endpoint
from ._labels import encodable
from ._options import options_of
from ._outcome import Outcome
from ._secret import Secret, conceal, secrets_in
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._address import Address
    from ._pulse import Pulse

clock: ContextVar[Callable[[], float]] = ContextVar("dephealth_clock", default=time.perf_counter)
"""What gives the seconds by which checks are timed; tests may set another one."""

_PATHS = "_file"
"""How options end that are paths, in which any byte may be."""


def _today() -> datetime:
    return datetime.now(UTC)


wall: ContextVar[Callable[[], datetime]] = ContextVar("dephealth_wall", default=_today)
"""What gives the time of day with which results are stamped; tests may set another one."""


class Deadline:
    """When a check has to be done: one object for all checks that a task makes."""

    __slots__ = ("at", "pulse")

    at: float
    pulse: Pulse
    """What it is a time of."""


deadline: ContextVar[Deadline] = ContextVar("dephealth_deadline")


def time_left() -> float:
    """Seconds until the running check's deadline, 0 if it has passed.

    For as long as the application blocks the event loop, they do not get less.

    For drivers that block and phases that share one deadline. Known in a check
    and in what it starts: tasks, and threads that run in a copy of its context.

    Raises:
        LookupError: No check is running here.
    """
    running = deadline.get()
    return max(0.0, running.at - running.pulse.now())


@runtime_checkable
class HealthChecker(Protocol):
    """A checker of the user's own: this method is enough."""

    async def check(self, endpoint: Endpoint) -> None:
        """Return if *endpoint* works; raise anything if it does not."""


class Checker(ABC):
    """Knows how to ask one kind of dependency whether it works.

    A subclass is a dataclass, frozen and with keyword-only fields made by
    `option`; a secret among them becomes a `Secret` when it is made. Nothing
    is opened before the first check (docs/writing-a-plugin.md).
    """

    type: ClassVar[str]
    """Value of the ``type`` label, for example ``postgres``."""

    errors: ClassVar[ErrorTable] = {}
    """What the driver's own exceptions mean; the most specific class wins."""

    def __post_init__(self) -> None:
        """Hide the secrets, and refuse what no driver could send."""
        for option in options_of(type(self)).values():
            value = getattr(self, option.name)
            if option.secret:
                try:
                    hidden = conceal(value)
                except ConfigurationError as exc:
                    raise ConfigurationError(f"{option.name}: {exc}") from None
                object.__setattr__(self, option.name, hidden)
            elif isinstance(value, str) and not option.name.endswith(_PATHS):
                encodable(value, option.name)

    @abstractmethod
    async def check(self, endpoint: Endpoint) -> None:
        """Return if *endpoint* works; raise anything if it does not.

        The core cancels this at the deadline, measures it and classifies what
        it raises: no timeout, retry or log of one's own.
        """

    def classify(self, exc: BaseException) -> Outcome | None:
        """What *exc* means, or None to leave it to the core."""
        return lookup(self.errors, exc)

    async def aclose(self) -> None:
        """Release what the checker holds; a later check opens it again."""

    def secrets(self) -> Iterator[Secret]:
        """The values that no text may show."""
        for option in options_of(type(self)).values():
            if option.secret:
                yield from secrets_in(getattr(self, option.name))

    @classmethod
    def from_address(cls, address: Address) -> Mapping[str, Any]:
        """The options that *address* sets; explicit arguments beat them.

        What is common: credentials, the database's name and TLS, as far as the
        checker has options of the names ``username``, ``password``,
        ``database`` and ``tls``.
        """
        common = {
            "username": address.username,
            "password": address.password,
            "database": address.path or None,
            "tls": address.tls or None,
        }
        return {name: common[name] for name in common.keys() & options_of(cls).keys()}
