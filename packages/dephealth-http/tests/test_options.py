"""Options that are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dephealth import (
    ConfigurationError,
)
from dephealth_http import HTTPChecker

if TYPE_CHECKING:
    from conftest import Serve

if TYPE_CHECKING:
    pass


async def test_empty_options(serve: Serve) -> None:
    """An empty text is the same as none."""
    site = await serve()

    await HTTPChecker(host_header="", bearer_token="", headers={}).check(site.endpoint)

    assert site.asked[0].headers["host"] == site.authority
    assert "authorization" not in site.asked[0].headers


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"health_path": "health"}, "must begin with '/'"),
        ({"health_path": 5}, "must begin with '/'"),
        ({"method": "GET /"}, "'GET /' is no method"),
        ({"expected_statuses": []}, "not empty"),
        ({"expected_statuses": "200"}, "must be a list"),
        ({"expected_statuses": 200}, "must be a list"),
        ({"expected_statuses": [200, 99]}, "'99' is no number from 100 to 599"),
        ({"expected_statuses": [True]}, "'True' is no number"),
        ({"headers": ["X"]}, "headers must be a mapping, not tuple"),
        ({"headers": {"X Y": "z"}}, "'X Y' is no name of a header"),
        ({"headers": {3: "z"}}, "3 is no name of a header"),
        ({"headers": {"X": b"3"}}, "header 'X' must be a text, not bytes"),
        ({"headers": {"X": "s3cret\r\nY: z"}}, "header 'X' has a line break"),
        ({"headers": {"Content-Length": "5"}}, "is about a body"),
        ({"headers": {"transfer-encoding": "chunked"}}, "is about a body"),
        ({"bearer_token": "s3cret\n"}, "bearer_token has a line break"),
        ({"basic_auth": ("u", "s3cret", "x")}, r"must be \(user, password\)"),
        ({"basic_auth": "s3cret"}, r"must be \(user, password\)"),
        ({"basic_auth": ("s3cret:", "p")}, "no ':' in it"),
        ({"basic_auth": ("u\udcff", "s3cret")}, "basic_auth: .* UTF-8"),
        ({"bearer_token": "s3cret\udcff"}, "bearer_token: .* UTF-8"),
        ({"headers": {"X": "s3cret\udcff"}}, "headers: .* UTF-8"),
        ({"host_header": "\udcff"}, "host_header cannot be encoded as UTF-8"),
        ({"host_header": "a b"}, "host_header must be a host or host:port"),
        ({"host_header": "a\r\nb"}, "host_header must be a host or host:port"),
        ({"host_header": "a/b"}, "host_header must be a host or host:port"),
        ({"host_header": "::1"}, "host_header must be a host or host:port"),
        ({"host_header": "a:b"}, "host_header must be a host or host:port"),
        ({"host_header": "ü.example"}, "no host name in ASCII"),
        ({"host_header": "a", "headers": {"HOST": "b"}}, "only one can set Host"),
    ],
)
def test_options_that_cannot_be(options: dict[str, object], message: str) -> None:
    """An option that cannot be is refused when the checker is made, without a secret."""
    with pytest.raises(ConfigurationError, match=message) as failure:
        HTTPChecker(**options)  # type: ignore[arg-type]

    assert "s3cret" not in str(failure.value)
