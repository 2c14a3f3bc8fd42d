"""Redirects, and where they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dephealth import CheckError, TLSOptions, UnhealthyError, check_once
from dephealth_http import HTTPChecker
from dephealth_http._request import Answer, Request
from dephealth_http._url import URL

if TYPE_CHECKING:
    from conftest import Serve

_OWN: dict[str, Any] = {
    "headers": {"X-Key": "s3cret", "User-Agent": "me", "Cookie": "s3cret"},
    "bearer_token": "s3cret",
    "host_header": "shop.example",
}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_final_answer_counts(serve: Serve, status: int) -> None:
    """A redirect is followed, and its end is the result."""
    site = await serve((status, "/a"), (status, "b?c"), 503)

    with pytest.raises(UnhealthyError, match="status 503 after 2 redirects") as failure:
        await HTTPChecker().check(site.endpoint)

    assert site.lines == ["GET /health", "GET /a", "GET /b?c"]
    assert failure.value.status_detail == "http_503"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/x", "/x"),
        ("x", "/a/x"),
        ("?q=1", "/a/b?q=1"),
        ("../x/./y", "/x/y"),
        ("", "/a/b?c"),
        ("/x#fragment", "/x"),
        ("/grüße sie", "/gr%C3%BC%C3%9Fe%20sie"),
        ("/%2f%20", "/%2f%20"),
        ("{base}", "/"),
        ("{base}?q", "/?q"),
        ("{BASE}/x", "/x"),
        ("//{authority}/x", "/x"),
    ],
)
async def test_locations(serve: Serve, location: str, target: str) -> None:
    """A location is absolute, or relative to what redirects; the user's headers go along."""
    site = await serve(0, 200)
    here = {"base": site.url(), "BASE": site.url().replace("http", "HTTP")}
    site.answers[0] = (302, location.format(**here, authority=site.authority))

    await HTTPChecker(health_path="/a/b?c", **_OWN).check(site.endpoint)

    assert site.lines[1:] == [f"GET {target}"]
    first, second = (asked.headers for asked in site.asked)
    assert first == second
    assert second["x-key"] == "s3cret"
    assert second["host"] == "shop.example"


@pytest.mark.parametrize(
    "location",
    [
        "ftp://127.0.0.1/x",
        "javascript:alert(1)",
        "http://a b/",
        "http://h:99999/",
        "http://h:0/",
        "http://h:x/",
        "http://[::1/",
        "http://..\\/",
        "http://" + "a" * 300 + "/",
    ],
)
async def test_invalid_location(serve: Serve, location: str) -> None:
    """A redirect to what is no http or https URL is an error that does not quote it."""
    site = await serve((302, location))

    with pytest.raises(CheckError, match="redirects to what is no valid") as failure:
        await HTTPChecker().check(site.endpoint)

    assert failure.value.status_detail == "error"
    assert location not in str(failure.value)
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__


async def test_location_that_is_no_text(serve: Serve) -> None:
    """Bytes that are not UTF-8 go back as they came."""
    site = await serve(b"HTTP/1.1 302 F\r\nLocation: /\xe4\xff\r\n\r\n", 200)

    await HTTPChecker().check(site.endpoint)

    assert site.lines[1:] == ["GET /%E4%FF"]


async def test_redirect_without_location(serve: Serve) -> None:
    """A redirect to nowhere is the final answer."""
    site = await serve(302)

    with pytest.raises(UnhealthyError) as failure:
        await HTTPChecker().check(site.endpoint)

    assert failure.value.status_detail == "http_302"


async def test_ten_redirects_are_followed(serve: Serve) -> None:
    """The tenth redirect still is."""
    site = await serve(*[(302, "/x")] * 10, 200)

    await HTTPChecker().check(site.endpoint)

    assert len(site.asked) == 11


async def test_eleventh_redirect_is_an_error(serve: Serve) -> None:
    """A server that redirects for ever is left after ten."""
    site = await serve((302, "/x"))

    check = await check_once(HTTPChecker(), site.endpoint)

    assert check.reason == "CheckError: more than 10 redirects"
    assert check.outcome is not None
    assert check.outcome.detail == "error"
    assert len(site.asked) == 11


@pytest.mark.parametrize(
    ("status", "method", "following"),
    [
        (301, "GET", "GET"),
        (302, "HEAD", "HEAD"),
        (303, "HEAD", "HEAD"),
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (301, "PUT", "PUT"),
        (302, "DELETE", "DELETE"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (307, "POST", "POST"),
        (308, "PATCH", "PATCH"),
    ],
)
def test_next_method(status: int, method: str, following: str) -> None:
    """The method of the next request is what a browser would make it."""
    request = Request(method, URL(tls=False, host="h", port=80, target="/"), TLSOptions())

    redirected = request.redirected(Answer(status, b"/x"), TLSOptions())

    assert redirected is not None
    assert redirected.method == following


@pytest.mark.parametrize("status", [200, 300, 304, 305, 306, 404])
def test_statuses_that_do_not_redirect(status: int) -> None:
    """A location alone makes no redirect."""
    request = Request("GET", URL(tls=False, host="h", port=80, target="/"), TLSOptions())

    assert request.redirected(Answer(status, b"/x"), TLSOptions()) is None
