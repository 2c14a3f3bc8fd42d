"""How often to check, how long to wait, and when to believe the result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from ._labels import shown
from .errors import ConfigurationError

Duration = float | int | timedelta
"""Seconds, or a `timedelta`."""

RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "interval": (1.0, 600.0),
    "timeout": (0.1, 60.0),
    "initial_delay": (0.0, 300.0),
    "failure_threshold": (1, 10),
    "success_threshold": (1, 10),
}
"""The lowest and the highest value of each parameter (docs/configuration.md)."""

_COUNTS = frozenset({"failure_threshold", "success_threshold"})
_LARGEST_SHARE = 0.8
"""How much of the interval a timeout takes at most when one gives way."""


@dataclass(frozen=True, slots=True)
class CheckPolicy:
    """The parameters of an endpoint's checks; durations in seconds.

    `ranges` has the lowest and the highest value of each.

    Raises:
        ConfigurationError: A value is out of its range, or the timeout is not
            less than the interval.
    """

    ranges: ClassVar[Mapping[str, tuple[float, float]]] = RANGES

    interval: float = 15.0
    timeout: float = 5.0
    initial_delay: float = 0.0
    failure_threshold: int = 1
    success_threshold: int = 1

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                unit = "" if name in _COUNTS else " s"
                raise ConfigurationError(
                    f"{name} {shown(value)}{unit} is out of range: {low:g} to {high:g}{unit}"
                )
        if self.timeout >= self.interval:
            raise ConfigurationError(
                f"timeout {self.timeout} s must be less than the interval {self.interval} s"
            )


_DEFAULT = CheckPolicy()

PolicyValues = Mapping[str, float]
"""The parameters that somebody has set, by their names in `CheckPolicy`."""


def policy_values(**given: object) -> PolicyValues:
    """The parameters that are given: neither None nor an empty text.

    Raises:
        ConfigurationError: One is no number or duration, or no parameter has its name.
    """
    for name in given.keys() - RANGES.keys():
        raise ConfigurationError(f"no parameter is named {name!r} (known: {', '.join(RANGES)})")
    return {
        name: _count(name, value) if name in _COUNTS else _seconds(name, value)
        for name, value in given.items()
        if value is not None and value != ""
    }


def resolve_policy(own: PolicyValues, common: PolicyValues) -> tuple[CheckPolicy, str]:
    """The policy of a dependency, and a warning if a default had to give way.

    Args:
        own: What is set for the dependency; it wins.
        common: What is set for the whole object.
    """
    given = {**common, **own}
    timeout = given.get("timeout", _DEFAULT.timeout)
    interval = given.get("interval", _DEFAULT.interval)
    warning = ""
    if timeout >= interval and "interval" not in given and _in_range("timeout", timeout):
        interval = timeout / _LARGEST_SHARE
        warning = (
            f"timeout {timeout:g} s leaves no room in the default interval of "
            f"{_DEFAULT.interval:g} s: checking every {interval:g} s"
        )
    elif timeout >= interval and "timeout" not in given and _in_range("interval", interval):
        timeout = interval * _LARGEST_SHARE
        warning = (
            f"interval {interval:g} s leaves no room for the default timeout of "
            f"{_DEFAULT.timeout:g} s: the timeout is {timeout:g} s"
        )
    policy = CheckPolicy(
        interval=interval,
        timeout=timeout,
        initial_delay=given.get("initial_delay", _DEFAULT.initial_delay),
        failure_threshold=int(given.get("failure_threshold", _DEFAULT.failure_threshold)),
        success_threshold=int(given.get("success_threshold", _DEFAULT.success_threshold)),
    )
    return policy, warning


def _in_range(name: str, value: float) -> bool:
    low, high = RANGES[name]
    return low <= value <= high


def _seconds(name: str, value: object) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return math.inf  # out of every range
    raise ConfigurationError(f"{name} must be seconds or a timedelta, not {type(value).__name__}")


def _count(name: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ConfigurationError(f"{name} must be a whole number, not {type(value).__name__}")
