"""The endpoints that are exported to one place, and the latest of each."""

from __future__ import annotations

import os
import threading

from dephealth import CheckResult, ConfigurationError, EndpointState, Status, Target

Reading = tuple["Series", EndpointState, CheckResult]


class Series:
    """One endpoint's attributes, made once, and its latest state.

    A state is replaced as a whole and never changed, so that a collection in
    another thread sees no half of a result.
    """

    __slots__ = ("_by_detail", "attributes", "by_status", "process", "state")

    def __init__(self, target: Target) -> None:
        self.attributes = attributes = target.label_values()
        self.by_status = {status: {**attributes, "status": str(status)} for status in Status}
        self._by_detail = {**attributes, "detail": ""}
        self.process = os.getpid()
        """Where it is checked: what the other process has found stays in one that was forked."""
        self.state = EndpointState()

    def by_detail(self, detail: str) -> dict[str, str]:
        """The attributes of the series that tells *detail*."""
        attributes = self._by_detail
        if attributes["detail"] != detail:
            # Replaced, not changed: another collection may be reading it.
            self._by_detail = attributes = {**self.attributes, "detail": detail}
        return attributes


class Board:
    """The endpoints that are exported to one meter provider, by any number of objects.

    Knows no `DependencyHealth`, only targets and their states: one that was
    stopped and forgotten leaves its last values behind.
    """

    def __init__(self) -> None:
        # Guards which endpoints there are; a result goes straight to its series.
        self._lock = threading.Lock()
        self._series: dict[Target, Series] = {}
        self._targets: dict[frozenset[tuple[str, str]], Target] = {}

    def add(self, target: Target) -> None:
        """Expect results of *target*; one with equal labels that was stopped is superseded.

        Raises:
            ConfigurationError: One with equal labels is still being checked.
        """
        series = Series(target)
        key = frozenset(series.attributes.items())
        with self._lock:
            other = self._targets.get(key)
            if other is not None:
                if other.running():
                    raise ConfigurationError(_taken(series))
                del self._series[other]
            self._targets[key] = target
            self._series[target] = series

    def find(self, target: Target) -> Series | None:
        """The series of *target*; None if it is exported no longer."""
        return self._series.get(target)

    def remove(self, target: Target) -> None:
        """Export *target* no longer; nothing if it was superseded."""
        with self._lock:
            series = self._series.pop(target, None)
            if series is not None:
                del self._targets[frozenset(series.attributes.items())]

    def readings(self) -> list[Reading]:
        """The endpoints that have a result, each with its state. From any thread.

        Not those of the process that this one was forked from: nobody checks them here.
        """
        here = os.getpid()
        with self._lock:
            known = list(self._series.values())
        return [
            (series, state, last)
            for series in known
            if (last := (state := series.state).last) is not None and series.process == here
        ]


def _taken(series: Series) -> str:
    labels = ", ".join(f"{name}={value!r}" for name, value in series.attributes.items())
    return (
        f"another running DependencyHealth exports the same labels ({labels}): "
        "stop it first, or set another name, group or label, or meter_provider="
    )
