"""What the page is about, and in which order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from dephealth import Change
from dephealth_web._board import MOST_CHANGES, MOST_ENDPOINTS, Board, State

if TYPE_CHECKING:
    from conftest import BoardOf, Checked, HistoryOf

NOON = datetime(2024, 5, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("endpoints", "state"),
    [
        ([True], State.UP),
        ([True, None], State.UP),
        ([True, False], State.PARTIAL),
        ([False, None], State.DOWN),
        ([False], State.DOWN),
        ([None], State.UNKNOWN),
    ],
)
def test_state_of_a_dependency(
    board_of: BoardOf, history_of: HistoryOf, endpoints: list[bool | None], state: State
) -> None:
    """One good endpoint is enough, but one that is down is told."""
    board = board_of(*(history_of("db", healthy=healthy) for healthy in endpoints))

    assert [group.state for group in board.groups] == [state]


def test_urgent_first(board_of: BoardOf, history_of: HistoryOf) -> None:
    """What is down comes first, what is critical before what is not, and else as declared."""
    board = board_of(
        history_of("fine", critical=False),
        history_of("new", healthy=None),
        history_of("mixed"),
        history_of("mixed", healthy=False),
        history_of("minor", healthy=False, critical=False),
        history_of("major-2", healthy=False),
        history_of("major-1", healthy=False),
        history_of("important"),
    )

    assert [group.name for group in board.groups] == [
        "major-2",
        "major-1",
        "minor",
        "mixed",
        "new",
        "important",
        "fine",
    ]


def test_urgent_endpoints_first(board_of: BoardOf, history_of: HistoryOf) -> None:
    """Within a dependency the endpoints that are down come first."""
    (group,) = board_of(
        history_of(host="a"),
        history_of(host="b", healthy=None),
        history_of(host="c", healthy=False),
    ).groups

    assert [entry.history.status.host for entry in group.entries] == ["c", "b", "a"]


def test_many_endpoints(board_of: BoardOf, history_of: HistoryOf) -> None:
    """There is room for so many endpoints; the rest is counted."""
    several = [history_of("several", f"h{number}") for number in range(MOST_ENDPOINTS - 1)]
    last = [history_of("last", f"h{number}", critical=False) for number in range(4)]
    board = board_of(*several, *last, history_of("beyond", critical=False))
    groups, left = board.shown()

    assert [(group.name, len(group.entries)) for group in groups] == [
        ("several", MOST_ENDPOINTS - 1),
        ("last", 1),
    ]
    assert left == 4


def test_latest_changes(board_of: BoardOf, history_of: HistoryOf) -> None:
    """The latest changes of all endpoints stand together, the last one first."""

    def changes(*minutes: int) -> tuple[Change, ...]:
        return tuple(
            Change(NOON + timedelta(minutes=each), False, "timeout", "timeout") for each in minutes
        )

    board = board_of(
        history_of("a", changes=changes(1, 5, 7)), history_of("b", changes=changes(2, 6))
    )
    found = [(event.entry.history.status.name, event.change.at.minute) for event in board.latest()]

    assert found == [("a", 7), ("b", 6), ("a", 5), ("b", 2), ("a", 1)]


def test_only_the_latest_changes(board_of: BoardOf, history_of: HistoryOf) -> None:
    """Older changes are left to the single endpoints."""
    many = tuple(Change(NOON, False, "timeout", "timeout") for _ in range(MOST_CHANGES + 1))

    assert len(board_of(history_of(changes=many)).latest()) == MOST_CHANGES


async def test_object(checked: Checked) -> None:
    """The board of an object has its dependencies as they are."""
    board = Board.of(await checked(cache="optional up down", db="down"))

    assert (board.name, board.group, board.running) == ("orders", "shop", True)
    assert [(group.name, group.type, group.critical, group.state) for group in board.groups] == [
        ("db", "fake", True, State.DOWN),
        ("cache", "fake", False, State.PARTIAL),
    ]
