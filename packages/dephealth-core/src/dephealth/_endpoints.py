"""The endpoints of an object, which may change while its checks run; on their loop."""

from __future__ import annotations

from collections.abc import Collection

from ._checker import HealthChecker
from ._dependency import Dependency
from ._endpoint import Endpoint
from ._pooled import refuse_bound_object
from ._roster import Roster
from ._runtime import Runtime
from ._scheduler import Scheduler
from ._watch import Watch
from .errors import EndpointNotFoundError


class Endpoints:
    """Changes them in the *roster* and the *scheduler* of an object, in both or none."""

    def __init__(self, roster: Roster, scheduler: Scheduler, runtime: Runtime) -> None:
        self._roster = roster
        self._scheduler = scheduler
        self._runtime = runtime

    async def add(
        self, name: str, type: str, critical: bool, endpoint: Endpoint, checker: HealthChecker
    ) -> None:
        """Check one more endpoint; nothing if it is checked."""
        self._refuse(name, checker)
        watch = self._roster.candidate(name, type, critical, endpoint, checker)
        if watch is not None:
            self._scheduler.add(watch)
            self._roster.remember(watch)

    async def remove(self, name: str, host: str, port: str) -> None:
        """Check an endpoint no longer; nothing if it is not known."""
        watch = self._find(name, host, port)
        if watch is not None:
            self._scheduler.forget(watch)
            self._roster.forget(watch)
            await self._scheduler.dismiss([watch])

    async def update(
        self, name: str, host: str, port: str, endpoint: Endpoint, checker: HealthChecker
    ) -> None:
        """Check *endpoint* instead of another one."""
        old = self._find(name, host, port)
        if old is None:
            raise EndpointNotFoundError(name, host, str(port))
        self._refuse(name, checker)
        new = self._roster.candidate(name, old.type, old.critical, endpoint, checker, replacing=old)
        if new is None:
            self._scheduler.forget(old)
            self._roster.forget(old)
        else:
            self._scheduler.replace(old, new)
            self._roster.forget(old)
            self._roster.remember(new)
        await self._scheduler.dismiss([old])

    async def reconfigure(self, dependencies: Collection[Dependency]) -> None:
        """Check *dependencies*, and nothing else."""
        successor = self._roster.successor()
        successor.declare(dependencies)
        for dependency in dependencies:
            self._refuse(dependency.name, dependency.checker)
        coming: list[Watch] = []
        staying: set[Watch] = set()
        for watch in successor.watches.values():
            before = self._predecessor(watch)
            if before is not None and watch.is_like(before):
                staying.add(before)
                continue
            if before is not None:
                watch.inherit(before)
            coming.append(watch)
        leaving = [watch for watch in self._roster.watches.values() if watch not in staying]
        self._scheduler.exchange(leaving, coming)
        self._roster.succeed(successor)
        await self._scheduler.dismiss(leaving)

    def _predecessor(self, watch: Watch) -> Watch | None:
        """What is watched already of what *watch* is to watch."""
        found = self._roster.watches.get(watch.address)
        if watch.endpoint is None:
            # A pool or client: the address is read from it, perhaps later.
            known = self._roster.watches.values()
            same = (old for old in known if old.dependency == watch.dependency)
            found = next((old for old in same if watch.checks_as(old)), None)
        return found if found is not None and found.type == watch.type else None

    def _find(self, name: str, host: str, port: str) -> Watch | None:
        """The watch of an address, given in any form that an `Endpoint` takes."""
        endpoint = Endpoint(host, port)
        return self._roster.watches.get((name, endpoint.host, endpoint.port))

    def _refuse(self, dependency: str, checker: HealthChecker) -> None:
        if self._runtime.is_apart:
            refuse_bound_object(dependency, checker)
