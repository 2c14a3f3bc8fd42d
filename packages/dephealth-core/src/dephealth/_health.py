"""The object that a service holds."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ._checker import HealthChecker, clock, wall
from ._dependency import Dependency
from ._endpoint import Endpoint
from ._environment import global_text
from ._labels import checked_name
from ._observer import Exporter
from ._policy import Duration, policy_values, resolve_policy
from ._pooled import refuse_bound_object
from ._report import logger
from ._roster import Roster
from ._runtime import Runtime
from ._snapshot import EndpointStatus
from ._state import UNKNOWN
from ._watch import Owner, Watch
from .errors import ConfigurationError

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from ._history import EndpointHistory


class DependencyHealth:
    """Checks the things that a service depends on, in the background.

    Args:
        name: The service, ``[a-z][a-z0-9-]*``; ``DEPHEALTH_NAME`` if not given.
        group: Its team or subsystem; ``DEPHEALTH_GROUP`` if not given.
        *dependencies: What ``X_check()`` gives; none is all right.
        check_interval: From the start of one check to that of the next; seconds.
        timeout: Longest wait for one check; seconds.
        initial_delay: Before an endpoint's first check; seconds.
        failure_threshold: Failures in a row until healthy becomes unhealthy.
        success_threshold: Successes in a row until unhealthy becomes healthy.
        max_concurrency: How many endpoints may have their first check at once.
        registry: Where dephealth-prometheus exports to, instead of the default registry.
        exporters: Instead of those that are installed.
        log: Instead of the logger ``dephealth``.

    Raises:
        ConfigurationError: Something cannot be as declared (docs/configuration.md).
    """

    def __init__(
        self,
        name: str | None = None,
        group: str | None = None,
        *dependencies: Dependency,
        check_interval: Duration | None = None,
        timeout: Duration | None = None,
        initial_delay: Duration | None = None,
        failure_threshold: int | None = None,
        success_threshold: int | None = None,
        max_concurrency: int = 100,
        registry: CollectorRegistry | None = None,
        exporters: Sequence[Exporter] | None = None,
        log: logging.Logger | None = None,
    ) -> None:
        self.name = checked_name(name or global_text("NAME"), "name")
        self.group = checked_name(group or global_text("GROUP"), "group")
        if isinstance(max_concurrency, bool) or not isinstance(max_concurrency, int):
            raise ConfigurationError("max_concurrency must be a whole number")
        if max_concurrency < 1:
            raise ConfigurationError(f"max_concurrency {max_concurrency} is less than 1")
        self._log = log or logger
        self._runtime = Runtime()
        self._disowned = False
        common = policy_values(
            interval=check_interval,
            timeout=timeout,
            initial_delay=initial_delay,
            failure_threshold=failure_threshold,
            success_threshold=success_threshold,
        )
        resolve_policy({}, common)
        owner = Owner(self.name, self.group, self._runtime.running)
        self._roster = Roster(owner, common, self._log)
        self._roster.declare(dependencies)
        # Not at the top: a program pays for what it uses when it uses it.
        from ._endpoints import Endpoints
        from ._exporters import chosen_exporters, warn_of_older_distribution
        from ._scheduler import Scheduler

        warn_of_older_distribution(self._log)
        chosen = chosen_exporters(exporters, {"registry": registry})
        self._silent = exporters is None and not chosen
        self._scheduler = Scheduler(
            self._roster.watches,
            chosen,
            self._log,
            max_concurrency,
            clock.get(),
            wall.get(),
        )
        self._endpoints = Endpoints(self._roster, self._scheduler, self._runtime)

    @property
    def running(self) -> bool:
        """Whether the checks go on."""
        return self._runtime.running()

    async def start(self) -> None:
        """Start checking on the running loop.

        Raises:
            RuntimeError: It was started before.
            ConfigurationError: The application's pool belongs to another loop, or
                another running object exports the same labels.
        """
        self._runtime.begin_here()
        try:
            self._scheduler.begin()
        except BaseException:
            self._runtime.abandon()
            raise
        self._warn_if_silent()

    def start_sync(self) -> None:
        """Start checking in one background thread.

        Raises:
            RuntimeError: It was started before.
            ConfigurationError: A pool or client was given that belongs to the
                application's loop, or another running object exports the same labels.
        """
        self._runtime.begin_apart()
        try:
            for watch in self._roster.watches.values():
                refuse_bound_object(watch.dependency, watch.checker)
            if self._roster.watches:
                self._runtime.wait(self._begin)
        except BaseException:
            self._runtime.abandon()
            raise
        self._warn_if_silent()

    async def stop(self) -> None:
        """Cancel what runs, wait for it, release what the checkers hold; once stopped, nothing.

        Takes no longer than the longest timeout and half a second. From any
        loop, as long as that of `start` runs.

        Raises:
            RuntimeError: The loop of `start` does not run, but is not closed either.
        """
        ended = await self._runtime.end(self._scheduler.end, self._scheduler.patience)
        self._warn_if_blocked(ended)

    def stop_sync(self) -> None:
        """`stop` from a thread without a loop.

        Raises:
            RuntimeError: This would block the loop of `start`, or that loop does not run.
        """
        ended = self._runtime.end_and_wait(self._scheduler.end, self._scheduler.patience)
        self._warn_if_blocked(ended)

    def health(self) -> dict[str, bool]:
        """Whether each dependency is available: one good endpoint is enough.

        False as long as none has been checked. From any thread.
        """
        healthy: dict[str, bool] = {}
        for watch in self._known():
            good = watch.state.healthy is True
            healthy[watch.dependency] = healthy.get(watch.dependency, False) or good
        return healthy

    def health_details(self) -> dict[str, EndpointStatus]:
        """What is known of each endpoint, by ``"dependency:host:port"``. From any thread."""
        return {watch.key: watch.snapshot() for watch in self._known()}

    def history(self) -> dict[str, EndpointHistory]:
        """The same and how it came to that (docs/checks.md). Does `keep_latencies`, too."""
        self.keep_latencies()
        return {watch.key: watch.history() for watch in self._known()}

    def keep_latencies(self) -> None:
        """Keep those of the last checks for `history` from now on. From any thread."""
        self._roster.keep_latencies()

    async def reconfigure(self, *dependencies: Dependency) -> None:
        """Check *dependencies* from now on, and nothing else.

        An endpoint that stays keeps its verdict. One of which nothing has changed
        goes on undisturbed; another one is checked at once, as it is declared now.

        Raises:
            RuntimeError: The checks are not running.
            ConfigurationError: They cannot be checked as declared; then all stays as it is.
        """
        await self._runtime.on_loop(lambda: self._endpoints.reconfigure(dependencies))

    async def add_endpoint(
        self,
        dep_name: str,
        dep_type: str,
        critical: bool,
        endpoint: Endpoint,
        checker: HealthChecker,
    ) -> None:
        """Check one more endpoint, of a known dependency or a new one; nothing if it is checked.

        Raises:
            RuntimeError: The checks are not running.
            ConfigurationError: Something is not valid, or contradicts what is known.
        """
        await self._runtime.on_loop(
            lambda: self._endpoints.add(dep_name, dep_type, critical, endpoint, checker)
        )

    def add_endpoint_sync(
        self,
        dep_name: str,
        dep_type: str,
        critical: bool,
        endpoint: Endpoint,
        checker: HealthChecker,
    ) -> None:
        """`add_endpoint` from a thread without a loop."""
        self._runtime.wait(
            lambda: self._endpoints.add(dep_name, dep_type, critical, endpoint, checker)
        )

    async def remove_endpoint(self, dep_name: str, host: str, port: str) -> None:
        """Check an endpoint no longer; its series are gone at once. Nothing if it is not known.

        Raises:
            RuntimeError: The checks are not running.
        """
        await self._runtime.on_loop(lambda: self._endpoints.remove(dep_name, host, port))

    def remove_endpoint_sync(self, dep_name: str, host: str, port: str) -> None:
        """`remove_endpoint` from a thread without a loop."""
        self._runtime.wait(lambda: self._endpoints.remove(dep_name, host, port))

    async def update_endpoint(
        self,
        dep_name: str,
        old_host: str,
        old_port: str,
        new_endpoint: Endpoint,
        checker: HealthChecker,
    ) -> None:
        """Check *new_endpoint* instead of another one; it begins unknown.

        Raises:
            EndpointNotFoundError: The other one is not checked.
            RuntimeError: The checks are not running.
            ConfigurationError: Something is not valid.
        """
        await self._runtime.on_loop(
            lambda: self._endpoints.update(dep_name, old_host, old_port, new_endpoint, checker)
        )

    def update_endpoint_sync(
        self,
        dep_name: str,
        old_host: str,
        old_port: str,
        new_endpoint: Endpoint,
        checker: HealthChecker,
    ) -> None:
        """`update_endpoint` from a thread without a loop."""
        self._runtime.wait(
            lambda: self._endpoints.update(dep_name, old_host, old_port, new_endpoint, checker)
        )

    async def _begin(self) -> None:
        self._scheduler.begin()

    def _known(self) -> tuple[Watch, ...]:
        watches = tuple(self._roster.watches.values())
        if self._runtime.forked() and not self._disowned:
            self._disowned = True
            for watch in watches:
                watch.state = UNKNOWN
            self._log.error(
                "%r is not checked here: this process was forked after start(); start in each "
                "process, after the fork",
                self.name,
            )
        return watches

    def _warn_if_blocked(self, ended: bool) -> None:
        if not ended:
            self._log.error("the checks have not ended in time: something blocks their event loop")

    def _warn_if_silent(self) -> None:
        if self._silent:
            self._log.warning(
                "no exporter is installed, so nobody is told: pip install dephealth-prometheus "
                "or dephealth-otel (exporters=[] if that is meant)"
            )
