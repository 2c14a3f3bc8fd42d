"""Who is told what the checks find."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ._state import EndpointState


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """One endpoint as exporters see it: the values of its labels.

    Equal to itself only, so that it is a cheap key; `labels` are the custom
    ones, in alphabetical order. `running` says whether its checks still go on.
    """

    name: str
    group: str
    dependency: str
    type: str
    host: str
    port: str
    critical: bool
    labels: Mapping[str, str]
    running: Callable[[], bool]

    def label_values(self) -> dict[str, str]:
        """All labels of the endpoint's series (docs/metrics.md)."""
        return {
            "name": self.name,
            "group": self.group,
            "dependency": self.dependency,
            "type": self.type,
            "host": self.host,
            "port": self.port,
            "critical": "yes" if self.critical else "no",
            **self.labels,
        }


class Observer(Protocol):
    """Is told of each result and each removal, on the loop of the checks: must not block."""

    def on_result(self, target: Target, state: EndpointState) -> None:
        """*target* has been checked; *state* is the verdict with this result."""

    def on_removed(self, target: Target) -> None:
        """*target* is no longer checked because the user removed it."""


class Exporter(Observer, Protocol):
    """An observer that shows what it was told to a monitoring system."""

    def on_added(self, target: Target) -> None:
        """*target* is going to be checked.

        Raises:
            ConfigurationError: A target with equal labels is being checked already.
        """
