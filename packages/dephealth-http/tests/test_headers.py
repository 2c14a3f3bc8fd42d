"""What the user's options become in a request."""

from __future__ import annotations

import h11
import pytest

from dephealth import ConfigurationError
from dephealth_http._headers import host_of, own_headers

_CHARACTERS = [*map(chr, range(0x100)), "\u2028", "\U0001f600"]


@pytest.mark.parametrize("form", ["{}", "a{}", "{}b", "a{}b"])
def test_what_is_accepted_can_be_sent(form: str) -> None:
    """The parser refuses no header that the checker accepts."""
    texts = [form.format(character) for character in _CHARACTERS]
    for name, value in [(text, "x") for text in texts] + [("x", text) for text in texts]:
        try:
            headers = list(own_headers({name: value}, None, None, None))
        except ConfigurationError:
            assert not (name + value).isalnum() or not name.isascii()
        else:
            h11.Request(method="GET", target="/", headers=[(b"Host", b"h"), *headers])


@pytest.mark.parametrize(
    ("host_header", "host"),
    [("h", "h"), ("h:80", "h"), ("[::1]", "::1"), ("[::1]:80", "::1"), ("10.0.0.1:8", "10.0.0.1")],
)
def test_host_of(host_header: str, host: str) -> None:
    """The name that a certificate must have is without port and brackets."""
    assert host_of(host_header) == host
