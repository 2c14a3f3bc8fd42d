"""HTML from texts."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from dephealth_web._html import HTML, element, joined


class Read(HTMLParser):
    """What a parser finds in a document."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(), st.text())
def test_texts_stay_texts(text: str, value: str) -> None:
    """Whatever a text or an attribute contains, it is no markup, and nothing of it is lost."""
    read = Read(element("p", text, title=value))

    assert read.tags == [("p", [("title", value)])]
    assert read.text == text


def test_html_is_not_escaped_again() -> None:
    """An element within another stays one."""
    assert element("p", element("b", "<"), "&") == "<p><b>&lt;</b>&amp;</p>"


def test_attributes() -> None:
    """Keywords become names of attributes; None is no attribute."""
    assert (
        element("i", class_="a", aria_hidden="true", id=None)
        == '<i class="a" aria-hidden="true"></i>'
    )


def test_element_without_content() -> None:
    """Some elements have no end."""
    assert element("wbr") == "<wbr/>"


def test_separator() -> None:
    """A separator stands between two parts, and is escaped as they are."""
    assert joined(["a", HTML("<b>"), "c"], "<") == "a&lt;<b>&lt;c"
