"""What the environment says of a dependency that the program declares (docs/configuration.md)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ._labels import checked_labels
from ._options import Option
from .errors import ConfigurationError

PREFIX = "DEPHEALTH_"
_LABEL = "LABEL_"


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

    def option(self, option: Option) -> Any:
        """The value of an option, None if it is not given.

        Raises:
            ConfigurationError: It does not parse; names the variable and what it must be.
        """
        if not option.env:
            return None
        if len(option.env) == 1:
            return self._read(option, option.env[0])
        values = tuple(self.text(key) for key in option.env)
        if all(value is None for value in values):
            return None
        for key, value in zip(option.env, values, strict=True):
            if value is None:
                others = ", ".join(self.variable(k) for k in option.env if k != key)
                raise ConfigurationError(f"{self.variable(key)} is missing beside {others}")
        return values

    def _read(self, option: Option, key: str) -> Any:
        text = self.text(key)
        if text is None:
            return None
        try:
            return option.read(text)
        except ConfigurationError as exc:
            raise ConfigurationError(f"{self.variable(key)}: {exc}") from exc

    def labels(self) -> dict[str, str]:
        """The custom labels, by ``LABEL_<KEY>`` with the key in lower case.

        Raises:
            ConfigurationError: One may not be exported; names the variable.
        """
        start = self._prefix + _LABEL
        labels: dict[str, str] = {}
        for variable, value in self._environ.items():
            if variable.startswith(start) and value:
                try:
                    labels |= checked_labels({variable.removeprefix(start).lower(): value})
                except ConfigurationError as exc:
                    raise ConfigurationError(f"{variable}: {exc}") from exc
        return labels


def global_text(key: str, environ: Mapping[str, str] | None = None) -> str | None:
    """The value of ``DEPHEALTH_<KEY>``, None if it is not given."""
    return (os.environ if environ is None else environ).get(PREFIX + key) or None
