"""What ``X_check()`` does: arguments and environment to a `Dependency`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ._dependency import Dependency
from ._endpoint import Endpoint
from ._environment import DependencyEnvironment, flag
from ._labels import checked_dependency_name, checked_labels, shown
from ._options import Option, check_kind, options_of
from ._policy import Duration, PolicyValues, policy_values
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


_COMMON = frozenset(CheckOptions.__annotations__)
_POLICY = {
    "interval": "CHECK_INTERVAL",
    "timeout": "TIMEOUT",
    "initial_delay": "INITIAL_DELAY",
    "failure_threshold": "FAILURE_THRESHOLD",
    "success_threshold": "SUCCESS_THRESHOLD",
}


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
        checker_class = spec.checker()
        options = options_of(checker_class)
        _reject_unknown(spec, given, options)
        given = {key: value for key, value in given.items() if not _is_empty(value)}
        if env.text("TYPE") not in {None, spec.type}:
            logger.warning(
                "%s says %s, but the program declares %r",
                env.variable("TYPE"),
                shown(env.text("TYPE")),
                spec.type,
            )
        source = Source(spec, checker_class, given, env)
        checker = checker_class(**_option_values(options, given, source.options, env))
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
    known = _COMMON | options.keys()
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
    for name, option in options.items():
        value = given.get(name)
        if value is not None:
            check_kind(option, value)
        elif (value := from_address.get(name)) is None:
            value = env.option(option)
        if value is not None:
            values[name] = value
    return values


def _critical(given: Mapping[str, Any], env: DependencyEnvironment) -> bool:
    critical = given.get("critical")
    if critical is None:
        critical = env.parsed("CRITICAL", flag, "yes or no")
    if critical is None:
        raise ConfigurationError(
            f"critical is missing: critical=True or critical=False, or {env.variable('CRITICAL')}"
        )
    return critical


def _policy(given: Mapping[str, Any], env: DependencyEnvironment) -> PolicyValues:
    values = {}
    for key, suffix in _POLICY.items():
        if key in given:
            values[key] = given[key]
        elif key.endswith("threshold"):
            values[key] = env.parsed(suffix, int, "whole number")
        else:
            values[key] = env.parsed(suffix, float, "number")
    return policy_values(**values)


def _is_empty(value: object) -> bool:
    # Not by ==, which an application's object may answer in its own way.
    return value is None or (isinstance(value, str) and not value)
