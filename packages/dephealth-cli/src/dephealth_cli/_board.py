"""What `dephealth watch` shows, made from what is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dephealth import EndpointHistory

from ._output import Rows, one_line

_HEADINGS = (
    "DEPENDENCY", "TYPE", "ADDRESS", "HEALTH", "SINCE", "LATENCY", "RECENT", "FAILURES", "REASON",
)  # fmt: skip
_BARS = "▁▂▃▄▅▆▇█"
_FAILED = "x"
_RECENT = 20
_MINUTE, _HOUR, _DAY = 60, 3600, 86400

ORDERS: Mapping[str, tuple[str, Callable[[EndpointHistory], Any]]] = {
    "s": ("state", lambda each: (each.status.healthy is not False, each.status.healthy is True)),
    "n": ("name", lambda each: (each.status.name, each.status.host, each.status.port)),
    "l": ("latency", lambda each: -each.status.latency),
    "f": ("failures", lambda each: -each.failures),
}
"""What can be sorted by: the key on the keyboard, its name, and what is compared."""


def board(known: Iterable[EndpointHistory], order: str, *, reverse: bool = False) -> Rows:
    """The table of *known*, sorted by one of `ORDERS`."""
    ordered = sorted(known, key=ORDERS[order][1], reverse=reverse)
    now = datetime.now(UTC)
    return Rows(_HEADINGS, [(_cells(each, now), each.status.healthy) for each in ordered])


def change_line(each: EndpointHistory) -> str:
    """What is told of a change where there is no screen."""
    status = each.status
    at = status.last_checked_at
    parts = [
        f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else "",
        status.name,
        status.type,
        _address(each),
        _HEALTH[status.healthy],
        status.status,
        status.detail,
        f"{status.latency_millis():.1f} ms",
        one_line(each.reason) if each.failures else "",
    ]
    return " ".join(part for part in parts if part)


_HEALTH = {True: "up", False: "DOWN", None: "unknown"}


def _cells(each: EndpointHistory, now: datetime) -> Sequence[str]:
    status = each.status
    checked = status.last_checked_at is not None
    return (
        status.name,
        status.type,
        _address(each),
        _HEALTH[status.healthy],
        elapsed((now - each.since).total_seconds()) if each.since else "",
        f"{status.latency_millis():.1f} ms" if checked else "",
        sparkline([check.latency if check.passed else None for check in each.recent]),
        str(each.failures or ""),
        _reason(each),
    )


def _address(each: EndpointHistory) -> str:
    host, port = each.status.host, each.status.port
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _reason(each: EndpointHistory) -> str:
    """Why the last check failed, if it did."""
    return one_line(f"{each.status.detail}: {each.reason}") if each.failures else ""


def elapsed(seconds: float) -> str:
    """A span of time in its two largest units."""
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} m {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} m"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def sparkline(latencies: Sequence[float | None]) -> str:
    """A bar for each of the last checks, as high as its latency; None is one that failed."""
    shown = latencies[-_RECENT:]
    highest = max((each for each in shown if each is not None), default=0.0) or 1.0
    return "".join(
        _FAILED if each is None else _BARS[min(7, int(each / highest * len(_BARS)))]
        for each in shown
    )
