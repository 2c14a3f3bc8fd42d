"""What ``X_check()`` does: arguments and environment to a `Dependency`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from ._dependency import Dependency
from ._endpoint import Endpoint
from ._environment import DependencyEnvironment
from ._labels import checked_dependency_name, checked_labels, shown
from ._offers import checker_class
from ._options import Option, check_kind, option, options_of
from ._policy import CheckPolicy, Duration, PolicyValues, policy_values
from ._report import logger
from ._source import Source
from .errors import ConfigurationError, concerning
from .hookspecs import CheckerSpec


class CheckOptions(TypedDict, total=False):
    """The keywords that every ``X_check()`` takes (docs/configuration.md)."""

    url: str | None
    host: str | None
    port: str | int | None
    critical: bool | None
    timeout: Duration | None
    interval: Duration | None
    initial_delay: Duration | None
    failure_threshold: int | None
    success_threshold: int | None
    labels: Mapping[str, str] | None


@dataclass(frozen=True, kw_only=True)
class _Common:
    url: str | None = option(
        default=None, env="URL", secret=True, help="where it is: a URL or connection string"
    )
    host: str | None = option(default=None, env="HOST", help="where it is, instead of url")
    port: int | None = option(default=None, env="PORT", kind=int, help="the port beside host")
    critical: bool | None = option(
        default=None, env="CRITICAL", kind=bool, help="whether the service cannot work without it"
    )
    timeout: float | None = option(
        default=None, env="TIMEOUT", kind=float, help="longest wait for one check"
    )
    interval: float | None = option(
        default=None,
        env="CHECK_INTERVAL",
        kind=float,
        help="from the start of one check to that of the next",
    )
    initial_delay: float | None = option(
        default=None, env="INITIAL_DELAY", kind=float, help="before the first check"
    )
    failure_threshold: int | None = option(
        default=None,
        env="FAILURE_THRESHOLD",
        kind=int,
        help="failures in a row until healthy becomes unhealthy",
    )
    success_threshold: int | None = option(
        default=None,
        env="SUCCESS_THRESHOLD",
        kind=int,
        help="successes in a row until unhealthy becomes healthy",
    )
    labels: Mapping[str, str] | None = option(
        default=None, kind=dict, help="custom labels of its series"
    )


COMMON_OPTIONS: Mapping[str, Option] = options_of(_Common)
"""What `CheckOptions` has, described as the options of checkers are; durations in seconds."""


def declare(
    spec: CheckerSpec,
    name: str,
    given: Mapping[str, Any],
    environ: Mapping[str, str] | None = None,
) -> Dependency:
    """The dependency *name* of the type that *spec* describes.

    Args:
        given: The keywords of ``X_check()``; None and ``""`` mean not given.
        environ: Where to look for what is not given; `os.environ` if None.

    Raises:
        ConfigurationError: It cannot be checked as declared.
        TypeError: A keyword is unknown.
    """
    name, _ = checked_dependency_name(name)
    with concerning(name):
        env = DependencyEnvironment(name, environ)
        cls = checker_class(spec)
        options = options_of(cls)
        _reject_unknown(spec, given, options)
        given = {key: value for key, value in given.items() if not _is_empty(value)}
        if env.text("TYPE") not in {None, spec.type}:
            logger.warning(
                "%s says %s, but the program declares %r",
                env.variable("TYPE"),
                shown(env.text("TYPE")),
                spec.type,
            )
        source = Source(spec, cls, given, env)
        checker = cls(**_option_values(options, given, source.options, env))
        return Dependency(
            name=name,
            type=spec.type,
            checker=checker,
            critical=_critical(given, env),
            endpoints=[Endpoint(host, port) for host, port in source.hosts],
            labels={**env.labels(), **checked_labels(given.get("labels", {}))},
            policy=_policy(given, env),
        )


def _reject_unknown(
    spec: CheckerSpec, given: Mapping[str, Any], options: Mapping[str, Option]
) -> None:
    known = COMMON_OPTIONS.keys() | options.keys()
    for key in sorted(given.keys() - known):
        from difflib import get_close_matches

        near = get_close_matches(key, known, 1)
        advice = f"; did you mean {near[0]!r}?" if near else f" (known: {', '.join(sorted(known))})"
        raise TypeError(f"{spec.type}_check() has no option {key!r}{advice}")


def _option_values(
    options: Mapping[str, Option],
    given: Mapping[str, Any],
    from_address: Mapping[str, Any],
    env: DependencyEnvironment,
) -> dict[str, Any]:
    values = {}
    for name, described in options.items():
        value = given.get(name)
        if value is not None:
            check_kind(described, value)
        elif (value := from_address.get(name)) is None:
            value = env.option(described)
        if value is not None:
            values[name] = value
    return values


def _critical(given: Mapping[str, Any], env: DependencyEnvironment) -> bool:
    critical: bool | None = given.get("critical")
    if critical is None:
        critical = env.option(COMMON_OPTIONS["critical"])
    if critical is None:
        raise ConfigurationError(
            f"critical is missing: critical=True or critical=False, or {env.variable('CRITICAL')}"
        )
    return critical


def _policy(given: Mapping[str, Any], env: DependencyEnvironment) -> PolicyValues:
    values = {
        name: given[name] if name in given else env.option(COMMON_OPTIONS[name])
        for name in CheckPolicy.ranges
    }
    return policy_values(**values)


def _is_empty(value: object) -> bool:
    # Not by ==, which an application's object may answer in its own way.
    return value is None or (isinstance(value, str) and not value)
