"""URLs, their origins and what they are in a Host header."""

from __future__ import annotations

import pytest

from dephealth import Endpoint
from dephealth_http._url import URL


@pytest.mark.parametrize(
    ("host", "port", "tls", "authority"),
    [
        ("h", 80, False, "h"),
        ("h", 443, False, "h:443"),
        ("h", 443, True, "h"),
        ("h", 80, True, "h:80"),
        ("::1", 80, False, "[::1]"),
        ("::1", 8080, False, "[::1]:8080"),
        ("bücher.example", 80, False, "xn--bcher-kva.example"),
        ("h.example.", 80, False, "h.example."),
    ],
)
def test_authority(host: str, port: int, tls: bool, authority: str) -> None:
    """The port stands there unless it is the scheme's own."""
    assert URL.of(Endpoint(host, str(port)), "/", tls=tls).authority == authority


@pytest.mark.parametrize(
    ("reference", "same"),
    [
        ("http://h.example:8080/other", True),
        ("http://H.EXAMPLE:8080", True),
        ("http://u:p@h.example:8080", True),
        ("//h.example:8080", True),
        ("/x", True),
        ("https://h.example:8080", False),
        ("http://h.example", False),
        ("http://h.example:8081", False),
        ("http://example:8080", False),
        ("http://a.h.example:8080", False),
        ("http://h.example.:8080", False),
        ("http://h.example:8080@evil.example", False),
    ],
)
def test_origin(reference: str, same: bool) -> None:
    """An origin is scheme, host and port, all three."""
    url = URL(tls=False, host="H.example", port=8080, target="/")

    assert url.same_origin(url.join(reference)) is same
    assert url.join(reference).same_origin(url) is same
