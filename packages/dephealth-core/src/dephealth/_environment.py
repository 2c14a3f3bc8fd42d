"""What the environment says of a dependency that the program declares (docs/configuration.md)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ._labels import shown
from ._options import Option
from .errors import ConfigurationError

PREFIX = "DEPHEALTH_"
_LABEL = "LABEL_"
_FLAGS = {"yes": True, "true": True, "no": False, "false": False}
T = TypeVar("T")


class DependencyEnvironment:
    """The variables ``DEPHEALTH_<DEP>_…`` of one dependency; empty ones are not there."""

    def __init__(self, dependency: str, environ: Mapping[str, str] | None = None) -> None:
        self._prefix = f"{PREFIX}{dependency.upper().replace('-', '_')}_"
        self._environ = os.environ if environ is None else environ

    def variable(self, key: str) -> str:
        """The full name of the variable that ends with *key*."""
        return self._prefix + key

    def text(self, key: str) -> str | None:
        """The value of a variable, None if it is not given."""
        return self._environ.get(self._prefix + key) or None

    def parsed(
        self, key: str, parse: Callable[[str], T], what: str, *, secret: bool = False
    ) -> T | None:
        """The value of a variable as *parse* reads it.

        Raises:
            ConfigurationError: It does not parse; names the variable and *what* it must be.
        """
        value = self.text(key)
        if value is None:
            return None
        try:
            return parse(value)
        except ValueError:
            content = "its value" if secret else shown(value)
            raise ConfigurationError(f"{self.variable(key)}: {content} is no {what}") from None

    def option(self, option: Option) -> Any:
        """The value of a checker's option, None if it is not given."""
        if len(option.env) <= 1:
            what, parse = _KINDS.get(option.kind, ("text", str))
            return next(
                (self.parsed(key, parse, what, secret=option.secret) for key in option.env), None
            )
        values = tuple(self.text(key) for key in option.env)
        if all(value is None for value in values):
            return None
        for key, value in zip(option.env, values, strict=True):
            if value is None:
                others = ", ".join(self.variable(k) for k in option.env if k != key)
                raise ConfigurationError(f"{self.variable(key)} is missing beside {others}")
        return values

    def labels(self) -> dict[str, str]:
        """The custom labels, by ``LABEL_<KEY>`` with the key in lower case."""
        start = self._prefix + _LABEL
        return {
            variable.removeprefix(start).lower(): value
            for variable, value in self._environ.items()
            if variable.startswith(start) and value
        }


def global_text(key: str, environ: Mapping[str, str] | None = None) -> str | None:
    """The value of ``DEPHEALTH_<KEY>``, None if it is not given."""
    return (os.environ if environ is None else environ).get(PREFIX + key) or None


def flag(text: str) -> bool:
    """Read ``yes``/``no``, ``true``/``false``, without regard to case.

    Raises:
        ValueError: It is none of these.
    """
    try:
        return _FLAGS[text.strip().lower()]
    except KeyError:
        raise ValueError(text) from None


def text_list(text: str) -> list[str]:
    """Read items separated by commas."""
    return [item.strip() for item in text.split(",") if item.strip()]


_KINDS: Mapping[type, tuple[str, Callable[[str], Any]]] = {
    bool: ("yes or no", flag),
    int: ("whole number", int),
    float: ("number", float),
    list: ("list", text_list),
}
