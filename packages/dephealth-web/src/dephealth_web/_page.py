"""The status page: one document that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from http import HTTPStatus
from importlib import resources
from urllib.parse import quote

from dephealth.api import DependencyHealth

from ._board import Board, State
from ._html import HTML, element
from ._pieces import shapes
from ._response import Response, respond
from ._sections import dependencies, header, latest
from ._wording import overall, title

_COLOURS = {State.UP: "#1f9d61", State.DOWN: "#d93a2f", State.UNKNOWN: "#8a929e"}


def status_page(health: DependencyHealth | None) -> Response:
    """A page for people: what is down, since when and why, and what it was before.

    The code is always 200. From the first call on the latencies of the last
    checks are kept (`DependencyHealth.keep_latencies`).
    """
    document = f"<!doctype html>\n{_document(Board.of(health))}\n"
    return respond(
        HTTPStatus.OK,
        "text/html; charset=utf-8",
        document.encode(errors="replace"),
        **{
            "Cache-Control": "no-store",
            "Content-Security-Policy": _policy(),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _document(board: Board) -> HTML:
    return element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="color-scheme", content="light dark"),
            element("title", title(board)),
            element("link", rel="icon", href=_icon(overall(board))),
            element("style", _part("page.css")),
        ),
        element(
            "body",
            shapes(),
            element(
                "div",
                header(board),
                element("main", dependencies(board), latest(board)),
                id="page",
            ),
            element("script", _part("page.js")),
        ),
        lang="en",
    )


def _icon(state: State) -> str:
    drawing = element(
        "svg",
        element("circle", cx="8", cy="8", r="7", fill=_COLOURS[state]),
        xmlns="http://www.w3.org/2000/svg",
        viewBox="0 0 16 16",
    )
    return f"data:image/svg+xml,{quote(drawing)}"


@cache
def _part(name: str) -> HTML:
    return HTML(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))


@cache
def _policy() -> str:
    """What a browser may do with the page: nothing but what stands in it, and ask for it anew."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src '{_fingerprint('page.js')}'",
            f"style-src '{_fingerprint('page.css')}'",
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _fingerprint(name: str) -> str:
    digest = hashlib.sha256(_part(name).encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
