"""How the status page says it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ._board import Board, State

_MINUTE = 60
_UNITS = ((86400, "d"), (3600, "h"), (_MINUTE, "min"), (1, "s"))
_TEN_MS = 0.01
_MOST_NAMES = 3


def headline(board: Board) -> str:
    """The state of everything in one sentence. It changes when the state does, and only then."""
    total, down = len(board.groups), board.count(State.DOWN)
    if not total:
        return "No dependency is declared" if board.name else "No checks are running"
    if down:
        return f"{_part(down, total)} down; {_critical(board)}"
    unknown = board.count(State.UNKNOWN)
    if unknown:
        return f"{_part(unknown, total)} not checked yet"
    return f"All {total} dependencies are up" if total > 1 else "The only dependency is up"


def summary(board: Board) -> str:
    """How many dependencies are in which state; nothing if all are up."""
    counts = [f"{count} {state}" for state in State if (count := board.count(state))]
    return f"{', '.join(counts)}. " if board.count(State.UP) < len(board.groups) else ""


def title(board: Board) -> str:
    """For the tab of the browser."""
    name, down = board.name or "dephealth", board.count(State.DOWN)
    if down:
        return f"{down} down: {name}"
    return f"{overall(board)}: {name}"


def overall(board: Board) -> State:
    """The state of everything: down, unknown or up."""
    states = {group.state for group in board.groups}
    if State.DOWN in states:
        return State.DOWN
    return State.UNKNOWN if State.UNKNOWN in states or not board.name else State.UP


def duration(span: timedelta) -> str:
    """A span in its two largest units: ``3 h 12 min``, ``42 s``."""
    seconds = max(0, round(span.total_seconds()))
    for place, (size, unit) in enumerate(_UNITS):
        if seconds >= size:
            whole, rest = divmod(seconds, size)
            text = f"{whole} {unit}"
            if size > _MINUTE and rest >= (smaller := _UNITS[place + 1])[0]:
                text += f" {rest // smaller[0]} {smaller[1]}"
            return text
    return "0 s"


def latency(seconds: float) -> str:
    """With two or three digits: ``0.84 ms``, ``12 ms``, ``1.25 s``."""
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1000:.{0 if seconds >= _TEN_MS else 2}f} ms"


def clock(at: datetime, now: datetime) -> str:
    """The time of day (UTC); the day and the minute if that is another day than that of *now*."""
    return at.strftime("%H:%M:%S" if at.date() == now.date() else "%Y-%m-%d %H:%M")


def _part(some: int, total: int) -> str:
    of = "dependency" if total == 1 else "dependencies"
    return f"{some} of {total} {of} {'is' if some == 1 else 'are'}"


def _critical(board: Board) -> str:
    names = [group.name for group in board.groups if group.state is State.DOWN and group.critical]
    if not names:
        return "it is not critical" if board.count(State.DOWN) == 1 else "none is critical"
    return f"{_listed(names)} {'is' if len(names) == 1 else 'are'} critical"


def _listed(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMES:
        return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
