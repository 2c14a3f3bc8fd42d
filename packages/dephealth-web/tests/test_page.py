"""The document: what is in it, and what a browser may do with it."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from dephealth import Change, EndpointHistory, RecentCheck
from dephealth.api import DependencyHealth
from dephealth_web import Response, status_page

if TYPE_CHECKING:
    from conftest import Checked, HistoryOf

NOON = datetime(2024, 5, 1, 12, 0, 0, tzinfo=UTC)


class Told(DependencyHealth):
    """Has the history that it is given."""

    def __init__(self, *histories: EndpointHistory) -> None:
        super().__init__("orders", "shop", exporters=[])
        self._histories = histories

    def history(self) -> dict[str, EndpointHistory]:
        """Give it."""
        return {f"{number}": history for number, history in enumerate(self._histories)}


class Document(HTMLParser):
    """Its elements, its text as it is read out, and what scripts and styles are in it."""

    VOID = frozenset({"circle", "link", "meta", "path", "use", "wbr"})

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.feed(response.body.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        place = self.open[-1] if self.open and self.open[-1] in {"script", "style"} else "text"
        self.texts[place] = self.texts.get(place, "") + data

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", self.texts["text"])

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def shown(*histories: EndpointHistory) -> Document:
    return Document(status_page(Told(*histories)))


def test_headers() -> None:
    """The page is not kept, not guessed about, and tells no other site where it is."""
    response = status_page(None)

    assert response.status == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_policy() -> None:
    """Nothing may be loaded or sent, and only this script and this style apply."""
    response = status_page(None)
    texts = Document(response).texts
    script, style = (
        base64.b64encode(hashlib.sha256(texts[each].encode()).digest()).decode()
        for each in ("script", "style")
    )

    assert response.headers["Content-Security-Policy"].split("; ") == [
        "default-src 'none'",
        f"script-src 'sha256-{script}'",
        f"style-src 'sha256-{style}'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]


def test_nothing_from_elsewhere(history_of: HistoryOf) -> None:
    """Every reference of the document is to itself or within it."""
    document = shown(history_of(healthy=False, failures=1))
    references = [
        value
        for _, attributes in document.tags
        for name, value in attributes.items()
        if name in {"href", "src", "action", "data", "srcset", "style"}
    ]

    assert all(re.match(r"#|$|data:image/svg", reference or "") for reference in references)


def test_endpoint_that_is_down(history_of: HistoryOf) -> None:
    """What is down is told with status, detail, since when, how often and why."""
    since = datetime.now(UTC) - timedelta(minutes=12)
    text = shown(
        history_of(
            healthy=False,
            outcome="connection_error/connection_refused",
            since=since,
            failures=50,
            reason="ConnectionRefusedError: [Errno 111] Connection refused",
        )
    ).text

    assert "1 of 1 dependency is down; db is critical" in text
    assert "down: db" in text
    assert "postgres critical" in text
    assert "db.svc:5432" in text
    assert "connection_refused connection_error" in text
    assert "for 12 min since " in text
    assert "latency 12 ms" in text
    assert "ConnectionRefusedError: [Errno 111] Connection refused 50 failures in a row" in text


def test_endpoint_that_is_up(history_of: HistoryOf) -> None:
    """The reason of a failure that is over is not told."""
    text = shown(history_of(reason="TimeoutError", labels={"role": "replica", "az": "b"})).text

    assert "up: db postgres critical db.svc:5432 role=replica az=b ok" in text
    assert "TimeoutError" not in text


def test_endpoint_that_was_not_checked(history_of: HistoryOf) -> None:
    """Of what nobody has checked nothing is claimed."""
    text = shown(history_of(healthy=None)).text

    assert "unknown: db" in text
    assert "not checked yet" in text
    assert "latency" not in text.partition("db.svc:5432")[2]


def test_address_that_is_not_known(history_of: HistoryOf) -> None:
    """An endpoint may be waited for whose address nobody knows."""
    assert "address not known yet" in shown(history_of(host="", port="", healthy=None)).text


def test_ipv6(history_of: HistoryOf) -> None:
    """An IPv6 address is told from its port."""
    assert "[2001:db8::1]:5432" in shown(history_of(host="2001:db8::1")).text


def test_changes(history_of: HistoryOf) -> None:
    """Each change has its time, what came, and for how long."""
    changes = (
        Change(NOON, False, "timeout", "timeout"),
        Change(NOON + timedelta(minutes=3), True, "ok", "ok"),
    )
    document = shown(history_of(changes=changes))

    assert "2 changes" in document.text
    assert "2024-05-01 12:00 down: timeout for 3 min" in document.text
    assert {"datetime": "2024-05-01T12:03:00.000Z"} in document.all("time")
    assert "Latest changes" in document.text


def test_no_changes(history_of: HistoryOf) -> None:
    """Where nothing has changed nothing is offered to look at."""
    document = shown(history_of())

    assert document.all("details") == []
    assert "Latest changes" not in document.text


def test_many_endpoints_that_are_up(history_of: HistoryOf) -> None:
    """Many endpoints that are up are folded away, those that are down are not."""
    up = [history_of(host=f"up-{number}") for number in range(6)]
    document = shown(*up, history_of(host="down-1", healthy=False))
    before, _, after = document.text.partition("6 endpoints are up")

    assert "6 of 7 endpoints up" in before
    assert "down-1:5432" in before
    assert all(f"up-{number}:5432" in after for number in range(6))


def test_more_endpoints_than_there_is_room(history_of: HistoryOf) -> None:
    """The page of very many endpoints is bounded, and says so."""
    document = shown(*(history_of(host=f"h-{number}") for number in range(510)))

    assert "10 more endpoints, less urgent, are not shown." in document.text
    assert "510 endpoints" in document.text


def test_hostile_names(history_of: HistoryOf) -> None:
    """Names that look like markup are shown as they are."""
    evil = "</bdi></script><script>alert(1)</script><!--"
    document = shown(
        history_of(
            host=evil,
            labels={"zone": '"><img src=x onerror=alert(1)>'},
            reason=evil,
            failures=1,
            healthy=False,
            changes=(Change(NOON, False, "error", "error"),),
        )
    )

    assert len(document.all("script")) == 1
    assert document.all("img") == []
    assert document.text.count("<script>alert(1)</script>") == 3


def test_name_that_no_encoding_has(history_of: HistoryOf) -> None:
    """A host that is no valid text does not break the page."""
    assert "h?st" in shown(history_of(host="h\udcffst")).text


def test_identities_are_unique(history_of: HistoryOf) -> None:
    """No two elements of the document have one identity."""
    changes = (Change(NOON, True, "ok", "ok"),)
    histories = [history_of(name, host, changes=changes) for name in "ab" for host in "0123456"]
    known = [attributes["id"] for _, attributes in shown(*histories).tags if "id" in attributes]

    assert len(known) == len(set(known))


def test_landmarks(history_of: HistoryOf) -> None:
    """Who does not see the page finds a banner, a main part, headings and what changes."""
    changes = (Change(NOON, True, "ok", "ok"),)
    document = shown(history_of(changes=changes, recent=(RecentCheck(0.1, passed=True),)))
    names = [name for name, _ in document.tags]

    assert [name for name in names if name in {"h1", "h2", "h3"}] == ["h1", "h2", "h3", "h2"]
    assert {"header", "main", "section", "ul", "ol"} <= set(names)
    assert document.all("html") == [{"lang": "en"}]
    assert {attributes.get("role") for attributes in document.all("p")} >= {"status"}
    assert {section["aria-labelledby"] for section in document.all("section")} == {
        "dependencies",
        "latest",
    }


async def test_checks_that_run(checked: Checked) -> None:
    """The page of a running object says nothing about its running, that of a stopped one does."""
    health = await checked(db="up")
    assert "do not run" not in status_page(health).body.decode()
    await health.stop()
    assert "The checks do not run" in status_page(health).body.decode()


def test_no_object() -> None:
    """Without an object there is a page, which says so."""
    assert "No checks are running" in Document(status_page(None)).text


@pytest.mark.parametrize("number", [10, 500])
def test_page_is_made_fast(history_of: HistoryOf, number: int) -> None:
    """A page takes less than a millisecond for each endpoint, so that an event loop can make it."""
    recent = tuple(RecentCheck(0.001 * step, passed=True) for step in range(60))
    health = Told(*(history_of(host=f"h-{each}", recent=recent) for each in range(number)))
    status_page(health)
    times = []
    for _ in range(3):
        begun = time.process_time()
        status_page(health)
        times.append(time.process_time() - begun)

    assert min(times) <= 0.001 * (number + 10)
