"""One endpoint under watch: what was declared of it, and what is known."""

from __future__ import annotations

import asyncio
import logging
from array import array
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ._changes import NO_CHANGES, NO_LATENCIES, changes_after, latencies_after
from ._checker import HealthChecker
from ._endpoint import Endpoint
from ._observer import Target
from ._policy import CheckPolicy
from ._pooled import PooledChecker
from ._report import EndpointLog
from ._secret import Secret
from ._snapshot import UNKNOWN_STATUS, EndpointStatus
from ._state import UNKNOWN, CheckResult, EndpointState, advance
from .errors import concerning

if TYPE_CHECKING:
    from ._history import EndpointHistory

Address = tuple[str, str, str]
"""Dependency, host and port: no two watches of one object share it."""


class Owner(NamedTuple):
    """The object whose endpoints are watched: the labels ``name`` and ``group``."""

    name: str
    group: str
    running: Callable[[], bool]


class Watch:
    """An endpoint, who checks it, and the verdict so far.

    `endpoint` is None until the application's object exists from which the
    address is read.
    """

    __slots__ = (
        "_changes", "_latencies", "active", "checker", "critical", "dependency", "due", "endpoint",
        "labels", "log", "origin", "owner", "policy", "queued", "resumed", "short_since", "state",
        "target", "type",
    )  # fmt: skip

    def __init__(
        self,
        owner: Owner,
        dependency: str,
        type: str,
        checker: HealthChecker,
        policy: CheckPolicy,
        endpoint: Endpoint | None,
        labels: Mapping[str, str],
        log: logging.Logger,
        *,
        critical: bool,
    ) -> None:
        self.owner = owner
        self.dependency = dependency
        self.type = type
        self.checker = checker
        self.policy = policy
        self.critical = critical
        self.labels = labels
        self.endpoint: Endpoint | None = None
        self.target: Target | None = None
        self.state: EndpointState = UNKNOWN
        self._changes = NO_CHANGES
        self._latencies: array[float] | None = None
        self.active = False
        """Whether it is being checked; results of checks that end later do not count."""
        self.due = 0.0
        """When the last check was due or started, whichever was later."""
        self.origin: float | None = None
        """A time from which its checks are whole intervals apart; known from the first result."""
        self.queued = False
        """Whether its first check takes one of the places for first checks."""
        self.resumed = False
        """Whether its task had to be started again."""
        self.short_since: float | None = None
        """Since when our own process lacks what the check needs."""
        self.log = EndpointLog(log, f"dependency {dependency!r} ({type})", self._secrets)
        if endpoint is not None:
            self.place_at(endpoint)

    def place_at(self, endpoint: Endpoint) -> Target:
        """Fix the address."""
        self.endpoint = endpoint
        self.target = Target(
            name=self.owner.name,
            group=self.owner.group,
            dependency=self.dependency,
            type=self.type,
            host=endpoint.host,
            port=endpoint.port,
            critical=self.critical,
            labels=dict(sorted({**self.labels, **endpoint.labels}.items())),
            running=self.owner.running,
        )
        self.log.subject = f"dependency {self.dependency!r} ({self.type} at {endpoint})"
        return self.target

    def unplace(self) -> None:
        """Take the address back."""
        self.endpoint = self.target = None

    @property
    def address(self) -> Address:
        """Its key; made up, and equal to no real one, while the host is not known."""
        if self.endpoint is None:
            return self.dependency, "", str(id(self))
        return self.dependency, self.endpoint.host, self.endpoint.port

    @property
    def key(self) -> str:
        """Its key in `DependencyHealth.health_details`."""
        return f"{self.dependency}:{self.endpoint or ':'}"

    @property
    def pooled_checker(self) -> PooledChecker | None:
        """The checker, if it uses an object of the application."""
        checker = self.checker
        return checker if isinstance(checker, PooledChecker) and checker.pooled else None

    def is_like(self, other: Watch) -> bool:
        """Whether both watch the same thing in the same way."""
        endpoint = self.endpoint or other.endpoint
        labels = other.endpoint.labels if other.endpoint else {}
        return (
            self.checks_as(other)
            and self.policy == other.policy
            and self.critical is other.critical
            and self.labels == other.labels
            and (endpoint is None or other.endpoint is None or endpoint.labels == labels)
        )

    def checks_as(self, other: Watch) -> bool:
        """Whether the checkers of both do the same."""
        return self.checker is other.checker or self.checker == other.checker

    def inherit(self, other: Watch) -> None:
        """Take over what is known: verdict and history, address, and series that are the same."""
        self.state = other.state
        self._changes, self._latencies = other._changes, other._latencies
        if self.endpoint is None and other.endpoint is not None:
            self.place_at(other.endpoint)
        self.log.resume(other.log)
        mine, theirs = self.target, other.target
        if mine and theirs and mine.label_values() == theirs.label_values():
            self.target = theirs

    def check_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Refuse an object of the application that belongs to another loop.

        Raises:
            ConfigurationError: It does.
        """
        checker = self.pooled_checker
        if checker is not None and checker.holds_object:
            with concerning(self.dependency):
                checker.check_loop(checker.given, loop)

    def record(self, result: CheckResult) -> EndpointState:
        """The verdict with *result*, and what led to it, is known now."""
        before = self.state
        self.state = after = advance(before, result, self.policy)
        self._changes = changes_after(self._changes, before, after)
        if self._latencies is not None:
            self._latencies = latencies_after(self._latencies, result.latency, after.streak > 0)
        return after

    def keep_latencies(self) -> None:
        """Keep those of the last checks from now on. From any thread."""
        if self._latencies is None:
            self._latencies = NO_LATENCIES

    def snapshot(self, state: EndpointState | None = None) -> EndpointStatus:
        """A copy of what is known, or of what was in *state*."""
        state = state or self.state
        last = state.last
        endpoint, target = self.endpoint, self.target
        return EndpointStatus(
            healthy=state.healthy,
            status=str(last.outcome.status) if last else UNKNOWN_STATUS,
            detail=last.outcome.detail if last else UNKNOWN_STATUS,
            latency=last.latency if last else 0.0,
            type=self.type,
            name=self.dependency,
            host=endpoint.host if endpoint else "",
            port=endpoint.port if endpoint else "",
            critical=self.critical,
            last_checked_at=last.at if last else None,
            labels=dict(target.labels if target else self.labels),
        )

    def history(self) -> EndpointHistory:
        """A copy of what is known, and of how it came to that."""
        # Not at the top: few processes ask.
        from ._history import EndpointHistory, recent_checks, unpacked

        state = self.state
        return EndpointHistory(
            status=self.snapshot(state),
            since=state.since,
            failures=max(0, -state.streak),
            reason=self.log.reason,
            changes=unpacked(self._changes),
            recent=recent_checks(self._latencies or NO_LATENCIES),
        )

    def _secrets(self) -> Iterable[Secret]:
        secrets = getattr(self.checker, "secrets", None)
        return secrets() if callable(secrets) else ()
