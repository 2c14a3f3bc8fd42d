"""What the page says, and when it says something else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from dephealth_web._wording import clock, duration, headline, latency, summary, title

if TYPE_CHECKING:
    from conftest import BoardOf, HistoryOf

NOW = datetime(2024, 5, 1, 12, 0, 0, tzinfo=UTC)
STATES = {"up": True, "down": False, "unknown": None}

NOTHING = ("No dependency is declared", "", "up: orders")


@pytest.mark.parametrize(
    ("words", "said", "counted", "in_the_tab"),
    [
        ("", *NOTHING),
        ("a:up", "The only dependency is up", "", "up: orders"),
        ("a:up b:up", "All 2 dependencies are up", "", "up: orders"),
        ("a:up a:down b:up", "All 2 dependencies are up", "1 partly down, 1 up. ", "up: orders"),
        (
            "a:unknown",
            "1 of 1 dependency is not checked yet",
            "1 unknown. ",
            "unknown: orders",
        ),
        (
            "a:unknown b:unknown c:up",
            "2 of 3 dependencies are not checked yet",
            "2 unknown, 1 up. ",
            "unknown: orders",
        ),
        ("a:down", "1 of 1 dependency is down; a is critical", "1 down. ", "1 down: orders"),
        (
            "a:down? b:unknown",
            "1 of 2 dependencies is down; it is not critical",
            "1 down, 1 unknown. ",
            "1 down: orders",
        ),
        (
            "a:down? b:down?",
            "2 of 2 dependencies are down; none is critical",
            "2 down. ",
            "2 down: orders",
        ),
        (
            "a:down b:down? c:down d:up",
            "3 of 4 dependencies are down; a and c are critical",
            "3 down, 1 up. ",
            "3 down: orders",
        ),
        (
            "a:down b:down c:down d:down e:down",
            "5 of 5 dependencies are down; a, b, c and 2 more are critical",
            "5 down. ",
            "5 down: orders",
        ),
    ],
)
def test_state_of_everything(
    board_of: BoardOf, history_of: HistoryOf, words: str, said: str, counted: str, in_the_tab: str
) -> None:
    """The headline, the counts and the tab say the same in their ways."""
    histories = []
    for word in words.split():
        name, _, state = word.partition(":")
        histories.append(
            history_of(name, healthy=STATES[state.rstrip("?")], critical=not state.endswith("?"))
        )
    board = board_of(*histories)

    assert (headline(board), summary(board), title(board)) == (said, counted, in_the_tab)


def test_no_object(board_of: BoardOf) -> None:
    """Without an object no state is claimed."""
    board = board_of(name="", running=False)

    assert headline(board) == "No checks are running"
    assert title(board) == "unknown: dephealth"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 s"),
        (0.4, "0 s"),
        (42, "42 s"),
        (60, "1 min"),
        (119, "1 min"),
        (3600, "1 h"),
        (3 * 3600 + 12 * 60 + 59, "3 h 12 min"),
        (86400 + 59 * 60, "1 d"),
        (2 * 86400 + 5 * 3600, "2 d 5 h"),
    ],
)
def test_duration(seconds: float, said: str) -> None:
    """A span is told in its largest unit, and hours and minutes below it."""
    assert duration(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, "0.00 ms"), (0.00084, "0.84 ms"), (0.0124, "12 ms"), (0.9, "900 ms"), (1.25, "1.25 s")],
)
def test_latency(seconds: float, said: str) -> None:
    """A latency is told in the unit that suits it."""
    assert latency(seconds) == said


@pytest.mark.parametrize(
    ("before", "said"), [(timedelta(hours=2), "10:00:00"), (timedelta(days=1), "2024-04-30 12:00")]
)
def test_clock(before: timedelta, said: str) -> None:
    """A time of another day has its date."""
    assert clock(NOW - before, NOW) == said
