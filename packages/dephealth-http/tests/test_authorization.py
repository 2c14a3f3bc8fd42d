"""Who the check says it is."""

from __future__ import annotations

from base64 import b64encode
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from dephealth import ConfigurationError
from dephealth_http import HTTPChecker, http_check

if TYPE_CHECKING:
    from conftest import Serve

_WAYS: list[dict[str, Any]] = [
    {"headers": {"aUTHORIZATION": "Custom s3cret"}},
    {"bearer_token": "s3cret"},
    {"basic_auth": ("me", "s3cret")},
]


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        (_WAYS[0], "Custom s3cret"),
        (_WAYS[1], "Bearer s3cret"),
        (_WAYS[2], "Basic " + b64encode(b"me:s3cret").decode()),
        ({"basic_auth": ["mé", "a:ß"]}, "Basic " + b64encode("mé:a:ß".encode()).decode()),
        ({"basic_auth": ("", "")}, "Basic " + b64encode(b":").decode()),
    ],
)
async def test_authorization(serve: Serve, options: dict[str, Any], sent: str) -> None:
    """Each way to log in sets Authorization."""
    site = await serve()

    await HTTPChecker(**options).check(site.endpoint)

    assert site.asked[0].headers["authorization"] == sent


@pytest.mark.parametrize(
    ("userinfo", "pair"),
    [
        ("me:s3cret", b"me:s3cret"),
        ("me%40home:p%3A%2F%25", b"me@home:p:/%"),
        ("me", b"me:"),
        (":s3cret", b":s3cret"),
    ],
)
async def test_credentials_in_the_url(serve: Serve, userinfo: str, pair: bytes) -> None:
    """User and password in the URL are basic authentication."""
    site = await serve()
    url = site.url().replace("//", f"//{userinfo}@")

    dependency = http_check("shop", url=url, critical=True)
    await dependency.checker.check(site.endpoint)

    assert site.asked[0].headers["authorization"] == "Basic " + b64encode(pair).decode()


async def test_explicit_basic_auth_beats_the_url(serve: Serve) -> None:
    """An explicit argument beats what the URL says."""
    site = await serve()
    url = site.url().replace("//", "//other:pw@")

    dependency = http_check("shop", url=url, basic_auth=("me", "s3cret"), critical=True)
    await dependency.checker.check(site.endpoint)

    assert site.asked[0].headers["authorization"] == "Basic " + b64encode(b"me:s3cret").decode()


@pytest.mark.parametrize("ways", list(combinations(_WAYS, 2)))
def test_two_ways_to_log_in(ways: tuple[dict[str, Any], ...]) -> None:
    """Only one option can set Authorization."""
    with pytest.raises(ConfigurationError, match=r"only one can set Authorization: .* or ") as why:
        HTTPChecker(**ways[0], **ways[1])

    assert "s3cret" not in str(why.value)


@pytest.mark.parametrize("way", _WAYS[:2])
def test_two_ways_to_log_in_one_of_them_the_url(way: dict[str, Any]) -> None:
    """Credentials in the URL are one way to log in."""
    with pytest.raises(ConfigurationError, match="only one can set Authorization") as why:
        http_check("shop", url="http://me:s3cret@h", critical=True, **way)

    assert "s3cret" not in str(why.value)


def test_no_secret_in_repr() -> None:
    """A checker's text shows none of its secrets."""
    for way in _WAYS:
        assert "s3cret" not in repr(HTTPChecker(**way))
