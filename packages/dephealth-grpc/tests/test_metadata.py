"""What a call says besides its message."""

from __future__ import annotations

from base64 import b64encode
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from grpc_peer import passes

from dephealth import ConfigurationError
from dephealth_grpc import GRPCChecker, grpc_check

if TYPE_CHECKING:
    from conftest import Answer

_WAYS: list[dict[str, Any]] = [
    {"metadata": {"aUTHORIZATION": "Custom s3cret"}},
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
async def test_authorization(answer: Answer, options: dict[str, Any], sent: str) -> None:
    """Each way to log in sets authorization."""
    peer = await answer()

    await passes(GRPCChecker(**options), peer.endpoint)

    assert (await peer.asked())["authorization"] == sent


@pytest.mark.parametrize(
    ("userinfo", "pair"),
    [
        ("me:s3cret", b"me:s3cret"),
        ("me%40home:p%3A%2F%25", b"me@home:p:/%"),
        ("me", b"me:"),
        (":s3cret", b":s3cret"),
    ],
)
async def test_credentials_in_the_url(answer: Answer, userinfo: str, pair: bytes) -> None:
    """User and password in the URL are basic authentication."""
    peer = await answer()

    dependency = grpc_check("shop", url=f"grpc://{userinfo}@{peer.endpoint}", critical=True)
    await passes(dependency.checker, peer.endpoint)

    assert (await peer.asked())["authorization"] == "Basic " + b64encode(pair).decode()


async def test_explicit_basic_auth_beats_the_url(answer: Answer) -> None:
    """An explicit argument beats what the URL says."""
    peer = await answer()
    url = f"grpc://other:pw@{peer.endpoint}"

    dependency = grpc_check("shop", url=url, basic_auth=("me", "s3cret"), critical=True)
    await passes(dependency.checker, peer.endpoint)

    assert (await peer.asked())["authorization"] == "Basic " + b64encode(b"me:s3cret").decode()


@pytest.mark.parametrize("ways", list(combinations(_WAYS, 2)))
def test_two_ways_to_log_in(ways: tuple[dict[str, Any], ...]) -> None:
    """Only one option can set authorization."""
    with pytest.raises(ConfigurationError, match=r"only one can set authorization: .* or ") as why:
        GRPCChecker(**ways[0], **ways[1])

    assert "s3cret" not in str(why.value)


@pytest.mark.parametrize("way", _WAYS[:2])
def test_two_ways_to_log_in_one_of_them_the_url(way: dict[str, Any]) -> None:
    """Credentials in the URL are one way to log in."""
    with pytest.raises(ConfigurationError, match="only one can set authorization") as why:
        grpc_check("shop", url="grpc://me:s3cret@h", critical=True, **way)

    assert "s3cret" not in str(why.value)


def test_authorization_twice_in_metadata() -> None:
    """Keys that differ in case alone are the same key."""
    with pytest.raises(ConfigurationError, match="only one can set authorization"):
        GRPCChecker(metadata={"authorization": "a", "Authorization": "b"})


async def test_metadata(answer: Answer) -> None:
    """Metadata is sent with its keys in lower case."""
    peer = await answer()

    await passes(
        GRPCChecker(metadata={"X-Tenant": " acme ", "x-trace-bin": b"\0\xff\1"}), peer.endpoint
    )

    asked = await peer.asked()
    assert (asked["x-tenant"], asked["x-trace-bin"]) == ("acme", "AP8B")


async def test_binary_metadata_is_not_padded(answer: Answer) -> None:
    """The base64 of binary metadata has no padding."""
    peer = await answer()

    await passes(GRPCChecker(metadata={"x-bin": b"1"}), peer.endpoint)

    assert (await peer.asked())["x-bin"] == "MQ"


async def test_user_agent(answer: Answer) -> None:
    """Metadata may set the user agent, as far as grpcio does not."""
    peer = await answer()

    await passes(GRPCChecker(metadata={"User-Agent": "me"}), peer.endpoint)

    assert (await peer.asked())["user-agent"].startswith("me grpc-python/")


async def test_authority(answer: Answer) -> None:
    """The authority is what the server is called, whatever its address."""
    peer = await answer()

    await passes(GRPCChecker(authority="shop.example:8443"), peer.endpoint)

    assert (await peer.asked())[":authority"] == "shop.example:8443"


async def test_authority_in_metadata(answer: Answer) -> None:
    """The authority may stand in the metadata."""
    peer = await answer()

    await passes(GRPCChecker(metadata={":authority": "shop.example"}), peer.endpoint)

    assert (await peer.asked())[":authority"] == "shop.example"


async def test_empty_options(answer: Answer) -> None:
    """An empty text is the same as none."""
    peer = await answer()

    await passes(GRPCChecker(authority="", bearer_token="", metadata={}), peer.endpoint)

    asked = await peer.asked()
    assert asked[":authority"] == str(peer.endpoint)
    assert "authorization" not in dict(asked.headers)


async def test_much_metadata(answer: Answer) -> None:
    """Metadata that fills more than a frame arrives whole."""
    peer = await answer()
    token = "t" * 40_000

    await passes(GRPCChecker(bearer_token=token), peer.endpoint)

    assert (await peer.asked())["authorization"] == f"Bearer {token}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"service_name": 5}, "service_name must be a text, not int"),
        ({"service_name": "\ud800"}, "service_name cannot be encoded"),
        ({"service_name": "ü" * 600}, "service_name is longer than 1024 bytes"),
        ({"metadata": ["X"]}, "metadata must be a mapping, not tuple"),
        ({"metadata": {"X Y": "z"}}, "'X Y' is no key of metadata"),
        ({"metadata": {"": "z"}}, "'' is no key of metadata"),
        ({"metadata": {":path": "z"}}, "':path' is no key of metadata"),
        ({"metadata": {3: "z"}}, "3 is no key of metadata"),
        ({"metadata": {"x": b"s3cret"}}, "metadata 'x' must be a text, not bytes"),
        ({"metadata": {"x-bin": "s3cret"}}, "metadata 'x-bin' must be bytes, not str"),
        ({"metadata": {"x": ["s3cret"]}}, "metadata 'x' must be a text, not tuple"),
        ({"metadata": {"x": "s3cret\r\ny: z"}}, "metadata 'x' has a character .* printable ASCII"),
        ({"metadata": {"x": "s3crét"}}, "metadata 'x' has a character .* printable ASCII"),
        ({"metadata": {"Grpc-Timeout": "1S"}}, "metadata 'grpc-timeout' is for gRPC itself"),
        ({"metadata": {"TE": "x"}}, "metadata 'te' is for gRPC itself"),
        ({"metadata": {"Connection": "close"}}, "metadata 'connection' does not exist in HTTP/2"),
        ({"metadata": {"Host": "h"}}, "metadata 'host' does not exist in HTTP/2"),
        ({"bearer_token": "s3cret\n"}, "bearer_token has a character"),
        ({"basic_auth": ("u", "s3cret", "x")}, r"must be \(user, password\)"),
        ({"basic_auth": "s3cret"}, r"must be \(user, password\)"),
        ({"basic_auth": ("s3cret:", "p")}, "no ':' in it"),
        ({"basic_auth": ("u\udcff", "s3cret")}, "basic_auth: .* UTF-8"),
        ({"authority": "a b"}, "authority must be a host or host:port"),
        ({"authority": "a\r\nb"}, "authority must be a host or host:port"),
        ({"authority": "a/b"}, "authority must be a host or host:port"),
        ({"authority": "::1"}, "authority must be a host or host:port"),
        ({"authority": "a:b"}, "authority must be a host or host:port"),
        ({"authority": "ü.example"}, "no host name in ASCII"),
        ({"authority": "a", "metadata": {":AUTHORITY": "b"}}, "only one can set :authority"),
        ({"metadata": {":AUTHORITY": "b", ":authority": "a"}}, "only one can set :authority"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], message: str) -> None:
    """An option that cannot be is refused when the checker is made, without a secret."""
    with pytest.raises(ConfigurationError, match=message) as failure:
        GRPCChecker(**options)

    assert "s3cret" not in str(failure.value)


def test_no_secret_in_repr() -> None:
    """A checker's text shows none of its secrets."""
    for way in [*_WAYS, {"metadata": {"x-bin": b"s3cret"}}]:
        assert "s3cret" not in repr(GRPCChecker(**way))
