"""HTML from texts, each of which is escaped unless it is HTML already."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_VOID = frozenset({"circle", "link", "meta", "path", "use", "wbr"})
"""Elements that have no content."""


class HTML(str):
    """A text that is HTML already."""

    __slots__ = ()


NOTHING = HTML()


def element(name: str, /, *content: str, **attributes: str | None) -> HTML:
    """The element *name* with this content.

    An attribute's name has ``-`` where its keyword has ``_``, so that of
    ``class_`` is ``class``; one of value None is left out.
    """
    opening = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return HTML(f"<{name}{opening}/>")
    return HTML(f"<{name}{opening}>{joined(content)}</{name}>")


def joined(parts: Iterable[str], separator: str = NOTHING) -> HTML:
    """One after the other, with *separator* between two of them."""
    return HTML(_escaped(separator).join(map(_escaped, parts)))


def _escaped(text: str) -> HTML:
    return text if isinstance(text, HTML) else HTML(escape(text))
