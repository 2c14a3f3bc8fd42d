"""What the status page shows, the most urgent first; without a word of HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from dephealth import Change, EndpointHistory
from dephealth.api import DependencyHealth

MOST_ENDPOINTS = 500
"""How many endpoints are shown; the most urgent ones, if there are more."""

MOST_CHANGES = 20
"""How many of the latest changes of all endpoints are shown together."""


class State(StrEnum):
    """How an endpoint or a dependency is, the worst first."""

    DOWN = "down"
    PARTIAL = "partly down"
    UNKNOWN = "unknown"
    UP = "up"


_URGENCY: Mapping[State, int] = {state: place for place, state in enumerate(State)}


class Entry(NamedTuple):
    """One endpoint; `key` is that of `DependencyHealth.history`."""

    key: str
    history: EndpointHistory

    @property
    def state(self) -> State:
        """Up, down or unknown."""
        healthy = self.history.status.healthy
        return State.UNKNOWN if healthy is None else State.UP if healthy else State.DOWN


@dataclass(frozen=True, slots=True)
class Group:
    """One dependency and its endpoints, the most urgent first."""

    name: str
    entries: Sequence[Entry]
    total: int
    """How many there are; `entries` may be fewer."""
    up: int
    """How many of all are up."""

    @property
    def state(self) -> State:
        """As `DependencyHealth.health` has it: one good endpoint is enough."""
        worst = self.entries[0].state
        if self.up:
            return State.PARTIAL if worst is State.DOWN else State.UP
        return worst

    @property
    def critical(self) -> bool:
        """Whether the service cannot work without it."""
        return self.entries[0].history.status.critical

    @property
    def type(self) -> str:
        """What it is."""
        return self.entries[0].history.status.type

    @property
    def urgency(self) -> tuple[int, bool]:
        """To sort by."""
        return _URGENCY[self.state], not self.critical


class Event(NamedTuple):
    """A change of one of the endpoints."""

    change: Change
    entry: Entry


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that the page shows. `groups` are the most urgent first."""

    name: str
    group: str
    running: bool
    at: datetime
    groups: Sequence[Group]

    @classmethod
    def of(cls, health: DependencyHealth | None) -> Board:
        """The board of an object, or of none."""
        now = datetime.now(UTC)
        if health is None:
            return cls("", "", running=False, at=now, groups=())
        groups = grouped(health.history())
        return cls(health.name, health.group, running=health.running, at=now, groups=groups)

    def count(self, state: State) -> int:
        """How many dependencies are so."""
        return sum(group.state is state for group in self.groups)

    def shown(self) -> tuple[Sequence[Group], int]:
        """The dependencies with as many endpoints as there is room for; how many are left out."""
        groups, room = [], MOST_ENDPOINTS
        for group in self.groups:
            if room:
                groups.append(replace(group, entries=group.entries[:room]))
                room -= len(groups[-1].entries)
        left = sum(group.total for group in self.groups) - (MOST_ENDPOINTS - room)
        return groups, left

    def latest(self) -> Sequence[Event]:
        """The latest changes of all endpoints, the last one first."""
        events = [
            Event(change, entry)
            for group in self.groups
            for entry in group.entries
            for change in entry.history.changes[-MOST_CHANGES:]
        ]
        return sorted(events, key=lambda event: event.change.at, reverse=True)[:MOST_CHANGES]


def grouped(histories: Mapping[str, EndpointHistory]) -> Sequence[Group]:
    """The dependencies of what `DependencyHealth.history` gives, the most urgent first."""
    found: dict[str, list[Entry]] = {}
    for key, history in histories.items():
        found.setdefault(history.status.name, []).append(Entry(key, history))
    groups = []
    for name, entries in found.items():
        entries.sort(key=lambda entry: _URGENCY[entry.state])
        up = sum(entry.state is State.UP for entry in entries)
        groups.append(Group(name, entries, len(entries), up))
    return sorted(groups, key=lambda group: group.urgency)
