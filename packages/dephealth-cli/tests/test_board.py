"""What `dephealth watch` shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dephealth import EndpointHistory, EndpointStatus, RecentCheck
from dephealth_cli._board import ORDERS, board, change_line, elapsed, sparkline

AT = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def history(name: str, healthy: bool | None = True, **more: Any) -> EndpointHistory:
    """What is known of an endpoint."""
    known: dict[str, Any] = {
        "status": "unknown" if healthy is None else "ok" if healthy else "timeout",
        "detail": "unknown" if healthy is None else "ok" if healthy else "timeout",
        "latency": 0.0 if healthy is None else 0.0015,
        "host": "::1",
        **more,
    }
    failures = known.pop("failures", 0 if healthy is not False else 2)
    return EndpointHistory(
        status=EndpointStatus(
            healthy=healthy,
            type="tcp",
            name=name,
            port="25",
            critical=True,
            last_checked_at=None if healthy is None else AT,
            labels={},
            **known,
        ),
        since=None if healthy is None else datetime.now(UTC) - timedelta(seconds=65),
        failures=failures,
        reason="TimeoutError: no\x1b[31m answer\n",
        changes=(),
        recent=(RecentCheck(0.001, True), RecentCheck(0.5, False), RecentCheck(0.0015, True)),
    )


def test_cells() -> None:
    """A row has everything that is known, in one line, without the escapes of others."""
    ((cells, good),) = board([history("relay", False)], "s").rows
    assert (good, list(cells)) == (
        False,
        [
            "relay", "tcp", "[::1]:25", "DOWN", "1 m 5 s", "1.5 ms", "▆x█", "2",
            "timeout: TimeoutError: no [31m answer",
        ],
    )  # fmt: skip


def test_no_check_yet() -> None:
    """Before the first check there is nothing but the address."""
    ((cells, good),) = board([history("relay", None)], "s").rows
    assert good is None
    assert list(cells)[:6] == ["relay", "tcp", "[::1]:25", "unknown", "", ""]


def test_reason_of_an_old_failure() -> None:
    """The reason of a failure that is over is not shown."""
    ((cells, _),) = board([history("relay", True)], "s").rows
    assert (cells[-2], cells[-1]) == ("", "")


@pytest.mark.parametrize(
    ("order", "names"),
    [("s", "bcad"), ("n", "abcd"), ("l", "bcda"), ("f", "bcda")],
)
def test_orders(order: str, names: str) -> None:
    """Rows are sorted by state, name, latency or failures, what matters most first."""
    known = [
        history("c", None, latency=0.2),
        history("d", True, latency=0.1),
        history("a", None),
        history("b", False, latency=0.5),
    ]
    assert "".join(cells[0] for cells, _ in board(known, order).rows) == names
    assert board(known, order, reverse=True).rows[-1][0][0] == names[0]


def test_every_order_has_a_key_of_its_own() -> None:
    """No order is on a key that does something else."""
    assert not ORDERS.keys() & {"q", "r"}


def test_line_of_a_change() -> None:
    """A change is one line that begins with its time."""
    assert change_line(history("relay", False)) == (
        "2026-01-31T12:00:00Z relay tcp [::1]:25 DOWN timeout timeout 1.5 ms "
        "TimeoutError: no [31m answer"
    )
    assert change_line(history("relay")) == (
        "2026-01-31T12:00:00Z relay tcp [::1]:25 up ok ok 1.5 ms"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (59.9, "59 s"), (60, "1 m 0 s"), (3661, "1 h 1 m"), (90_000, "1 d 1 h")],
)
def test_elapsed(seconds: float, text: str) -> None:
    """A span of time has its two largest units."""
    assert elapsed(seconds) == text


@pytest.mark.parametrize(
    ("latencies", "line"),
    [
        ([], ""),
        ([None], "x"),
        ([0.0, 0.0], "▁▁"),
        ([0.1, 0.2, 0.4, None, 0.8], "▂▃▅x█"),
        ([9.0] + [1.0] * 20, "█" * 20),
    ],
)
def test_sparkline(latencies: list[float | None], line: str) -> None:
    """The bars are as high as the highest of the last twenty allows."""
    assert sparkline(latencies) == line
