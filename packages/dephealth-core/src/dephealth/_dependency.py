"""What the service declares that it depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ._checker import HealthChecker
from ._endpoint import Endpoint
from ._labels import checked_dependency_name, checked_labels, checked_type
from ._policy import PolicyValues, policy_values, resolve_policy
from ._pooled import PooledChecker
from .errors import ConfigurationError, concerning


class DependencyType(StrEnum):
    """The types of this project's own checkers; every place takes any other text too."""

    HTTP = "http"
    GRPC = "grpc"
    TCP = "tcp"
    POSTGRES = "postgres"
    MYSQL = "mysql"
    REDIS = "redis"
    AMQP = "amqp"
    KAFKA = "kafka"
    LDAP = "ldap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """One thing that a service depends on: what ``X_check()`` returns.

    Args:
        name: The ``dependency`` label.
        type: The ``type`` label.
        checker: Asks each endpoint whether it works.
        critical: Whether the service cannot work without it.
        endpoints: Where it answers; if empty, the address is read from the
            application's object as soon as that is there.
        labels: Custom labels of all its endpoints; an endpoint's own win.
        policy: The parameters that differ from those of the whole object.

    Raises:
        ConfigurationError: It cannot be checked as declared.
    """

    name: str
    type: str
    checker: HealthChecker
    critical: bool
    endpoints: Sequence[Endpoint] = ()
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    policy: PolicyValues = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        name, _ = checked_dependency_name(self.name)
        object.__setattr__(self, "name", name)
        with concerning(name):
            object.__setattr__(self, "type", checked_type(self.type))
            if not isinstance(self.critical, bool):
                raise ConfigurationError(
                    f"critical must be True or False, not {type(self.critical).__name__}"
                )
            _check_checker(self.checker)
            object.__setattr__(self, "labels", checked_labels(self.labels))
            object.__setattr__(self, "policy", policy_values(**self.policy))
            resolve_policy(self.policy, {})
            self._check_endpoints()

    def _check_endpoints(self) -> None:
        listed = isinstance(self.endpoints, Sequence)
        if not (listed and all(isinstance(endpoint, Endpoint) for endpoint in self.endpoints)):
            raise ConfigurationError("endpoints must be a list of Endpoint")
        object.__setattr__(self, "endpoints", tuple(self.endpoints) or _located(self.checker))
        pooled = isinstance(self.checker, PooledChecker) and self.checker.pooled
        if pooled and len(self.endpoints) > 1:
            raise ConfigurationError(
                "a pool or client is one endpoint: it cannot stand beside a URL of several hosts"
            )
        if not (pooled or self.endpoints):
            raise ConfigurationError(
                "an address is missing: url=, host= and port=, or a pool or client"
            )
        seen = set()
        for endpoint in self.endpoints:
            if (endpoint.host, endpoint.port) in seen:
                raise ConfigurationError(f"endpoint {endpoint} is given twice")
            seen.add((endpoint.host, endpoint.port))


def _located(checker: HealthChecker) -> tuple[Endpoint, ...]:
    """Where the application's object is configured to, if the checker holds it already."""
    if not (isinstance(checker, PooledChecker) and checker.holds_object):
        return ()
    host, port = checker.locate(checker.given)
    return (Endpoint(host, str(port)),)


def _check_checker(checker: object) -> None:
    given = f"the class {checker.__name__}" if isinstance(checker, type) else type(checker).__name__
    if isinstance(checker, type) or not isinstance(checker, HealthChecker):
        raise ConfigurationError(
            f"checker must be an object with `async check(endpoint)`, not {given}"
        )
