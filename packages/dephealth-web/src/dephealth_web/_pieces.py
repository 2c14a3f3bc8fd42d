"""The small parts that recur on the status page."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from functools import cache

from dephealth import Change, EndpointStatus

from ._board import State
from ._html import HTML, NOTHING, element, joined
from ._wording import clock

_AFTER_DOT = re.compile(r"(?<=\.)")
_SHAPES = {
    State.UP: "M6 1a5 5 0 1 1 0 10A5 5 0 1 1 6 1Z",
    State.DOWN: "M1 1h10v10H1Z",
    State.PARTIAL: "M6 1 11.5 11H.5Z",
    State.UNKNOWN: "M6 1a5 5 0 1 1 0 10A5 5 0 1 1 6 1ZM6 3a3 3 0 1 0 0 6A3 3 0 1 0 6 3Z",
}
"""The states differ in form, since not everybody tells their colours apart."""


def shapes() -> HTML:
    """The forms of the icons, for use in the rest of the document."""
    symbols = (
        element("symbol", element("path", d=path), id=css(state), viewBox="0 0 12 12")
        for state, path in _SHAPES.items()
    )
    return element("svg", *symbols, class_="unseen", aria_hidden="true")


@cache
def icon(state: State) -> HTML:
    """The sign of a state; its name for those who do not see it."""
    drawing = element(
        "svg",
        element("use", href=f"#{css(state)}"),
        class_=f"icon {css(state)}",
        aria_hidden="true",
        width="12",
        height="12",
    )
    return joined([drawing, unseen(f"{state}: ")])


def css(state: State) -> str:
    """The class of what is in *state*."""
    return state.name.lower()


def unseen(text: str) -> HTML:
    """What only a screen reader tells, because it is seen otherwise."""
    return element("span", text, class_="unseen")


def identity(text: str) -> str:
    """What an element about *text* is called in the document, whatever *text* contains."""
    digest = hashlib.blake2s(text.encode(errors="surrogatepass"), digest_size=8)
    return f"e{digest.hexdigest()}"


def moment(at: datetime, now: datetime) -> HTML:
    """A time of the past."""
    exact = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return element("time", clock(at, now), datetime=exact)


def address(status: EndpointStatus) -> HTML:
    """Host and port. Like other names they may be written from the right."""
    if not status.host:
        return element("span", "address not known yet", class_="quiet")
    host = f"[{status.host}]" if ":" in status.host else status.host
    # Where a long one may break.
    parts = _AFTER_DOT.split(f"{host}:{status.port}")
    return element("bdi", joined(parts, element("wbr")), class_="address")


def finding(status: str, detail: str) -> HTML:
    """The detail, and the status that it refines."""
    more = element("span", status, class_="status") if detail != status else NOTHING
    return joined([element("span", detail, class_="detail"), more], " " if more else NOTHING)


def verdict(change: Change) -> State:
    """The state of an endpoint after *change*."""
    return State.UP if change.healthy else State.DOWN
