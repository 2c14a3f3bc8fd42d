"""Everything that one object watches, and the rules that hold between its parts."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ._checker import HealthChecker
from ._dependency import Dependency
from ._endpoint import Endpoint
from ._labels import checked_dependency_name, checked_type
from ._policy import CheckPolicy, PolicyValues, resolve_policy
from ._watch import Address, Owner, Watch
from .errors import ConfigurationError, concerning


class _Declared(NamedTuple):
    type: str
    critical: bool
    policy: CheckPolicy
    labels: Mapping[str, str]


class Roster:
    """The dependencies of one object and their endpoints.

    Args:
        owner: Whose they are.
        common: Parameters that hold where a dependency sets no other.
        log: Where to warn, and where the endpoints write.
    """

    def __init__(self, owner: Owner, common: PolicyValues, log: logging.Logger) -> None:
        self._owner = owner
        self._common = common
        self._log = log
        self._declared: dict[str, _Declared] = {}
        self._at: dict[tuple[str, str], str] = {}
        self.watches: dict[Address, Watch] = {}
        self._keeps_latencies = False

    def successor(self) -> Roster:
        """An empty one for the same owner."""
        successor = Roster(self._owner, self._common, self._log)
        successor._keeps_latencies = self._keeps_latencies
        return successor

    def succeed(self, successor: Roster) -> None:
        """Know what *successor* knows; the watches are the scheduler's to change."""
        self._declared, self._at = successor._declared, successor._at

    def declare(self, dependencies: Iterable[Dependency]) -> None:
        """Take in what ``X_check()`` gave.

        Raises:
            ConfigurationError: One contradicts what was declared before.
        """
        warned: dict[str, dict[str, None]] = {}
        for dependency in dependencies:
            if warning := self._declare(dependency):
                warned.setdefault(warning, {})[repr(dependency.name)] = None
        for warning, names in warned.items():
            noun = "dependency" if len(names) == 1 else "dependencies"
            self._log.warning("%s %s: %s", noun, ", ".join(names), warning)

    def _declare(self, dependency: Dependency) -> str:
        """Take in one dependency; gives a warning if a default had to give way."""
        if not isinstance(dependency, Dependency):
            raise ConfigurationError(
                f"a dependency is what X_check() gives, not {type(dependency).__name__}"
            )
        name = dependency.name
        with concerning(name):
            self._warn_of_name(name)
            policy, warning = resolve_policy(dependency.policy, self._common)
            declared = _Declared(dependency.type, dependency.critical, policy, dependency.labels)
            _agree(self._declared.setdefault(name, declared), declared)
            for endpoint in dependency.endpoints or (None,):
                watch = self._watch(name, declared, endpoint, dependency.checker)
                if watch.address in self.watches:
                    raise ConfigurationError(f"endpoint {endpoint} is declared twice")
                self._warn_of_shared_address(watch)
                self.watches[watch.address] = watch
        return warning

    def candidate(
        self,
        name: str,
        type: str,
        critical: bool,
        endpoint: Endpoint,
        checker: HealthChecker,
        replacing: Watch | None = None,
    ) -> Watch | None:
        """A watch for one more endpoint of a dependency, None if it is watched already.

        A known dependency keeps its policy and labels. *replacing* does not count.

        Raises:
            ConfigurationError: Something is not valid, or contradicts what is known.
        """
        checked_dependency_name(name)
        with concerning(name):
            if not isinstance(endpoint, Endpoint):
                raise ConfigurationError(
                    f"endpoint must be an Endpoint, not {endpoint.__class__.__name__}"
                )
            # The rules for a declared dependency are those for an added one.
            Dependency(
                name=name, type=type, checker=checker, critical=critical, endpoints=[endpoint]
            )
            policy, _ = resolve_policy({}, self._common)
            declared = _Declared(checked_type(type), critical, policy, {})
            known = self._declared.get(name, declared)
            _agree(known, declared)
            watch = self._watch(name, known, endpoint, checker)
            is_new = self.watches.get(watch.address, replacing) is replacing
            return watch if is_new else None

    def remember(self, watch: Watch) -> None:
        """*watch*, a `candidate`, is watched now."""
        if self._keeps_latencies:
            watch.keep_latencies()
        self._warn_of_name(watch.dependency)
        declared = _Declared(watch.type, watch.critical, watch.policy, watch.labels)
        self._declared.setdefault(watch.dependency, declared)
        self._warn_of_shared_address(watch)

    def keep_latencies(self) -> None:
        """Keep those of the last checks of every endpoint from now on. From any thread."""
        if not self._keeps_latencies:
            # First, as an endpoint may be added now: it is either seen here or sees this.
            self._keeps_latencies = True
            for watch in tuple(self.watches.values()):
                watch.keep_latencies()

    def forget(self, watch: Watch) -> None:
        """*watch* is watched no longer; its dependency stays known."""
        where = _where(watch)
        if self._at.get(where) == watch.dependency:
            del self._at[where]

    def _watch(
        self, name: str, declared: _Declared, endpoint: Endpoint | None, checker: HealthChecker
    ) -> Watch:
        return Watch(
            self._owner,
            name,
            declared.type,
            checker,
            declared.policy,
            endpoint,
            declared.labels,
            self._log,
            critical=declared.critical,
        )

    def _warn_of_name(self, name: str) -> None:
        _, regular = checked_dependency_name(name)
        if not regular and name not in self._declared:
            self._log.warning(
                "dependency name %r should match [a-z][a-z0-9-]*: other tools may refuse it", name
            )

    def _warn_of_shared_address(self, watch: Watch) -> None:
        if watch.endpoint is None:
            return
        first = self._at.setdefault(_where(watch), watch.dependency)
        if first != watch.dependency:
            self._log.warning(
                "dependencies %r and %r are both at %s: tools that draw topology will join them",
                first,
                watch.dependency,
                watch.endpoint,
            )


def _where(watch: Watch) -> tuple[str, str]:
    _, host, port = watch.address
    return host, port


def _agree(known: _Declared, declared: _Declared) -> None:
    if known.type != declared.type:
        raise ConfigurationError(f"type is {declared.type!r}, but was declared as {known.type!r}")
    if known.critical is not declared.critical:
        raise ConfigurationError(
            f"critical is {declared.critical}, but was declared as {known.critical}"
        )
