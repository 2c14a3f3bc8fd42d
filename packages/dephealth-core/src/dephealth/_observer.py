"""Who is told what the checks find."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

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


@runtime_checkable
class EnclosingExporter(Exporter, Protocol):
    """An exporter that brings a context manager for each check, such as a span."""

    def around_check(self, target: Target) -> AbstractContextManager[object]:
        """What encloses one check of *target*; called anew for each.

        Entered and left in the task of the endpoint, whose context variables no
        other endpoint shares. `on_result` of the check is called within, unless
        it does not end at its timeout. When the checks are stopped it is left
        with the cancellation, which it cannot suppress. What it raises is
        logged and harms no check.
        """
