"""The parts of the status page, from top to bottom."""

from __future__ import annotations

from datetime import datetime

from ._board import Board, Event, Group, State
from ._endpoints import endpoint
from ._html import HTML, NOTHING, element, joined
from ._pieces import address, css, finding, icon, identity, moment, verdict
from ._wording import duration, headline, overall, summary

_COLUMNS = ("Endpoint", "Last check", "Since", "Latency")
_FOLD_FROM = 6
"""From how many endpoints on those that are up are folded away."""


def header(board: Board) -> HTML:
    """Whose page this is, and how everything is."""
    halted = element("p", "The checks do not run: this is what was known last.", class_="notice")
    return element(
        "header",
        element("h1", board.name, " ", element("span", board.group)) if board.name else NOTHING,
        element("p", headline(board), id="headline", role="status"),
        element(
            "p",
            f"{summary(board)}As of ",
            moment(board.at, board.at),
            " UTC.",
            element("noscript", " ", element("a", "Reload", href=""), " to update."),
            class_="summary",
        ),
        halted if board.groups and not board.running else NOTHING,
        element("p", id="lost", class_="notice", role="status"),
        class_=f"top {css(overall(board))}",
    )


def dependencies(board: Board) -> HTML:
    """Each dependency with its endpoints, the most urgent first."""
    if not board.groups:
        return NOTHING
    shown, hidden = board.shown()
    rest = element("p", f"{hidden} more endpoints, less urgent, are not shown.", class_="notice")
    return element(
        "section",
        element(
            "div",
            element("h2", "Dependencies", id="dependencies"),
            # Each endpoint tells these to a screen reader itself.
            element("p", *(element("span", name) for name in _COLUMNS), aria_hidden="true"),
            class_="columns",
        ),
        element("ul", *(_dependency(group, board.at) for group in shown), class_="sheet"),
        rest if hidden else NOTHING,
        aria_labelledby="dependencies",
    )


def latest(board: Board) -> HTML:
    """The latest changes of all endpoints together: what began it."""
    events = board.latest()
    if not events:
        return NOTHING
    return element(
        "section",
        element("h2", "Latest changes", id="latest"),
        element("ol", *(_event(event, board.at) for event in events), class_="sheet changes"),
        aria_labelledby="latest",
    )


def _dependency(group: Group, now: datetime) -> HTML:
    tags = [element("span", group.type)]
    if group.critical:
        tags.append(element("span", "critical", class_="critical"))
    if group.total > 1:
        up = "" if group.up == group.total else f"{group.up} of "
        tags.append(element("span", f"{up}{group.total} endpoints{' up' if up else ''}"))
    return element(
        "li",
        element(
            "div",
            element("h3", icon(group.state), element("bdi", group.name)),
            " ",
            element("p", joined(tags, " "), class_="tags"),
            class_="whose",
        ),
        " ",
        _endpoints(group, now),
        id=identity(group.name),
        class_=f"dependency {css(group.state)}",
    )


def _endpoints(group: Group, now: datetime) -> HTML:
    def listed(entries: list[HTML]) -> HTML:
        return element("ul", *entries, class_="endpoints") if entries else NOTHING

    items = [
        (entry.state is State.UP, endpoint(entry, now, alone=group.total == 1))
        for entry in group.entries
    ]
    up = [item for is_up, item in items if is_up]
    if len(up) < _FOLD_FROM:
        return listed([item for _, item in items])
    folded = element(
        "details",
        element("summary", f"{len(up)} endpoints are up"),
        listed(up),
        id=f"{identity(group.name)}-up",
        class_="folded",
    )
    return element("div", listed([item for is_up, item in items if not is_up]), folded)


def _event(event: Event, now: datetime) -> HTML:
    change, status = event.change, event.entry.history.status
    return element(
        "li",
        moment(change.at, now),
        " ",
        element("span", icon(verdict(change)), finding(change.status, change.detail)),
        " ",
        element("span", element("bdi", status.name), " ", address(status), class_="whose"),
        " ",
        element("span", duration(now - change.at), " ago", class_="quiet"),
    )
