"""Whether what was seen of an endpoint is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .faults import Event, Expected
from .groups import INTERVAL, TIMEOUT, Group
from .link import Late, Sight

PUNCTUAL = 0.1
"""Seconds by which a check may miss its deadline on a loop that nobody blocks."""
BOUND = INTERVAL + TIMEOUT + PUNCTUAL
"""Seconds within which a fault must be seen, and its end."""
_EDGE = 0.05
"""Seconds by which the begin of a check is known no better."""


@dataclass
class Verdict:
    """What came out for one endpoint and one fault, or no fault.

    Args:
        problems: What is wrong, in words.
        detection: Seconds until the fault was seen; None if there was nothing to see.
        recovery: Seconds until all was well again.
    """

    problems: list[str] = field(default_factory=list)
    detection: float | None = None
    recovery: float | None = None


def undisturbed(sights: Sequence[Sight]) -> Verdict:
    """All must be well."""
    wrong = [sight for sight in sights if sight.status != "ok"]
    if not sights:
        return Verdict(["no result at all"])
    return Verdict([f"without a fault: {_told(sight)}" for sight in wrong[:1]])


def disturbed(sights: Sequence[Sight], event: Event, group: Group, late: Late) -> Verdict:
    """The fault must be seen for what it is, in time, while it lasts, and no longer.

    Args:
        sights: In the order of time, from before the fault to after its end.
        late: How late the loop was.
    """
    want = event.touched[group.name]
    back = event.returned(group)
    before = [sight for sight in sights if sight.at <= event.begun]
    during = [
        sight
        for sight in sights
        if sight.at <= event.ending
        # A latency leaves the time out for which the loop was late.
        and sight.begun - late(sight.begun, sight.at) > event.set_in + _EDGE
    ]
    verdict = undisturbed(before) if before else Verdict()
    wrong = [sight for sight in during if sight.status not in want.statuses]
    verdict.problems += [f"during it: {_told(sight)}" for sight in wrong[:1]]
    if "ok" not in want.statuses:
        _judge_detection(verdict, sights, event, want, late)
    _judge_recovery(verdict, sights, event, back, late)
    return verdict


def _judge_detection(
    verdict: Verdict, sights: Sequence[Sight], event: Event, want: Expected, late: Late
) -> None:
    seen = [one.at for one in sights if one.at > event.begun and one.status in want.statuses]
    if not seen or seen[0] > event.ending:
        verdict.problems.append("not seen")
        return
    verdict.detection = max(0.0, seen[0] - event.set_in)
    if seen[0] < event.begun + want.patience:
        verdict.problems.append(f"seen after {verdict.detection:.2f} s, which is too soon")
    if verdict.detection > BOUND + want.patience + late(event.begun, seen[0]):
        verdict.problems.append(f"seen after {verdict.detection:.2f} s only")


def _judge_recovery(
    verdict: Verdict, sights: Sequence[Sight], event: Event, back: float, late: Late
) -> None:
    after = [sight for sight in sights if sight.at > event.ending and sight.begun > event.ending]
    well = next((n for n, sight in enumerate(after) if sight.status == "ok"), None)
    if well is None:
        verdict.problems.append("not well again")
        return
    verdict.recovery = max(0.0, after[well].at - back)
    if verdict.recovery > BOUND + late(event.ending, after[well].at):
        verdict.problems.append(f"well again after {verdict.recovery:.2f} s only")
    wrong = [one for one in after[well:] if one.status != "ok" and one.at > back]
    verdict.problems += [f"after it was well again: {_told(sight)}" for sight in wrong[:1]]


def _told(sight: Sight) -> str:
    return f"{sight.status}/{sight.detail} after {sight.latency:.3f} s"
