"""What came of one round."""

from __future__ import annotations

from collections.abc import Sequence

from . import troubles
from .faults import Event
from .groups import Group
from .judge import BOUND, disturbed, undisturbed
from .link import Link, Sight, lateness
from .result import BUSY, Result
from .schedule import BY_NAME

_HUNG = [Group(f"hung-{type}", type, 0, troubles.HUNG // 2) for type in ("ldap", "kafka")]


class Round:
    """The faults of a round, and all that was seen meanwhile.

    Args:
        events: What happened, at least one.
        quiet: Since when all must be well again.
    """

    def __init__(self, events: Sequence[Event], quiet: float, link: Link) -> None:
        self._events = events
        self._quiet = quiet
        self._sights = link.sights
        self._samples = link.samples
        self._late = lateness(link.samples)
        begun = min(event.begun for event in events)
        self.is_busy = self._late(begun, quiet) > BUSY * (quiet - begun)
        """Whether the machine did so much else that times tell nothing."""

    def judge(self, groups: Sequence[Group], result: Result) -> None:
        """Take it into *result*."""
        result.rounds += 1
        if self._samples:
            result.late = self._samples[-1]["late"]
        still = [sample for sample in self._samples if sample["at"] >= self._quiet]
        # The system's resolver goes on for seconds with what it was asked.
        if still and all(event.fault.kind != BY_NAME for event in self._events):
            result.quiet.append({key: min(one[key] for one in still) for key in still[0]})
        for event in self._events:
            result.events[event.fault.kind] += 1
            result.failures += [
                f"{event.fault}: it is not so that {what}"
                for what, shown in event.evidence.items()
                if not shown
            ]
        if self.is_busy:
            result.busy.append(result.rounds)
            return
        result.lookup = max([result.lookup, *(one["lookup"] for one in self._samples)])
        self._judge_groups(groups, result)
        for event in self._events:
            if event.fault.kind == "hung":
                self._judge_hung(event, result)

    def _judge_groups(self, groups: Sequence[Group], result: Result) -> None:
        for group in groups:
            touching = next((one for one in self._events if group.name in one.touched), None)
            for member in group.members:
                self._judge_member(group, member, touching, result)

    def _judge_member(self, group: Group, member: str, event: Event | None, result: Result) -> None:
        sights = self._sights.get(member, [])
        result.checks += len(sights)
        if event is None:
            meanwhile = "; ".join(str(one.fault) for one in self._events)
            for problem in undisturbed(sights).problems:
                result.failures.append(f"{meanwhile}: {member}: {problem}")
            return
        result.judged(member, event, disturbed(sights, event, group, self._late))
        for sight in sights:
            if sight.status != "ok":
                result.found[event.fault.kind, f"{sight.status}/{sight.detail}"] += 1

    def _judge_hung(self, event: Event, result: Result) -> None:
        for group in _HUNG:
            for member in group.members:
                sights = self._sights.get(member, [])
                if not self._is_hung(sights, event):
                    result.failures.append(f"{event.fault}: {member}: {sights}")

    def _is_hung(self, sights: Sequence[Sight], event: Event) -> bool:
        if {sight.status for sight in sights} != {"timeout"}:
            return False
        first = sights[0].at
        return first - event.set_in <= BOUND + self._late(event.begun, first)
