"""One endpoint on the status page: how it is, since when, why, and what it was before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from dephealth import Change, EndpointHistory, EndpointStatus

from ._board import Entry
from ._html import HTML, NOTHING, element, joined
from ._pieces import address, css, finding, icon, identity, moment, unseen, verdict
from ._sparkline import sparkline
from ._wording import duration, latency


def endpoint(entry: Entry, now: datetime, *, alone: bool) -> HTML:
    """The endpoint as an item of its dependency's list, which shows its state if it is *alone*."""
    history, status = entry.history, entry.history.status
    where = [NOTHING if alone else icon(entry.state), address(status), " ", _labels(status)]
    parts = [
        element("span", *where, class_="where"),
        element("span", _finding(status), class_="finding"),
        element("span", _since(history, now), class_="since"),
        element("span", _latency(history), class_="latency"),
        _reason(history, now) if history.failures else NOTHING,
        _changes(history.changes, now, identity(entry.key)) if history.changes else NOTHING,
    ]
    return element(
        "li",
        # Spaces, for whoever reads or copies it as mere text.
        joined(parts, " "),
        id=identity(entry.key),
        class_=f"endpoint {css(entry.state)}",
    )


def _labels(status: EndpointStatus) -> HTML:
    if not status.labels:
        return NOTHING
    labels = (element("bdi", f"{name}={value}") for name, value in status.labels.items())
    return element("span", joined(labels, " "), class_="labels")


def _finding(status: EndpointStatus) -> str:
    return "not checked yet" if status.healthy is None else finding(status.status, status.detail)


def _since(history: EndpointHistory, now: datetime) -> HTML:
    if history.since is None:
        return NOTHING
    span = element("span", duration(now - history.since))
    return joined([unseen("for "), span, unseen(" since "), moment(history.since, now)])


def _latency(history: EndpointHistory) -> HTML:
    if history.status.healthy is None:
        return NOTHING
    drawing = sparkline(history.recent) if history.recent else NOTHING
    value = element("span", latency(history.status.latency))
    return joined([unseen("latency "), value, drawing])


def _reason(history: EndpointHistory, now: datetime) -> HTML:
    row = "1 failure" if history.failures == 1 else f"{history.failures} failures in a row"
    at = history.status.last_checked_at
    if at is not None:
        row = f"{row}, last checked {duration(now - at)} ago"
    return element(
        "p",
        element("bdi", history.reason, class_="text") if history.reason else NOTHING,
        " ",
        element("span", row, class_="quiet"),
        class_="reason",
    )


def _changes(changes: Sequence[Change], now: datetime, of: str) -> HTML:
    ends = [*(later.at for _, later in pairwise(changes)), now]
    items = [
        element(
            "li",
            moment(change.at, now),
            " ",
            element("span", icon(verdict(change)), finding(change.status, change.detail)),
            " ",
            element("span", "for ", duration(end - change.at), class_="quiet"),
        )
        for change, end in zip(changes, ends, strict=True)
    ]
    return element(
        "details",
        element("summary", "1 change" if len(changes) == 1 else f"{len(changes)} changes"),
        element("ol", *reversed(items), class_="changes"),
        id=f"{of}-before",
        class_="before",
    )
