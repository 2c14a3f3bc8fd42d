"""Hosts, ports, and what an endpoint may be."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import enum
import pickle
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dephealth import ConfigurationError, Endpoint

LIMIT = 5.0
"""Seconds that 200 kB may take under coverage and load; what is not linear takes minutes."""


class Place(str, enum.Enum):  # noqa: UP042  # what users have from before StrEnum
    HOST = "pg.svc"
    PORT = "5432"


@pytest.mark.parametrize(
    ("given_host", "host"),
    [
        ("pg.svc", "pg.svc"),
        ("PG.svc", "PG.svc"),
        ("my_service", "my_service"),
        ("10.0.0.1", "10.0.0.1"),
        ("example.org.", "example.org."),
        ("bücher.example", "bücher.example"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[fe80::1%eth0]", "fe80::1%eth0"),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
        ("/run/postgresql", "/run/postgresql"),
        ("/tmp/a b/ü:1@x", "/tmp/a b/ü:1@x"),
        ("a" * 63 + "." + "b" * 63, "a" * 63 + "." + "b" * 63),
    ],
)
def test_host_is_kept_as_configured(given_host: str, host: str) -> None:
    """A host stays as it was written, an IPv6 address without its brackets."""
    assert Endpoint(given_host, "5432").host == host


@pytest.mark.parametrize(
    "host",
    [
        "a b",
        "a\n",
        " a",
        "a,b",
        "a;b",
        "a=b",
        "a@b",
        "a/b",
        "a\\b",
        "a%2eb",
        "a?b",
        "a#b",
        "a\0b",
        "a\x7fb",
        "a<b>",
        "[pg]",
        "pg]",
        "[pg",
        "[]",
        "[::1",
        "::1]",
        "[::1]:5432",
        "pg:5432",
        ":",
        "::g",
        "1:2",
        "fe80::1%a b",
        "fe80::1%",
        ".",
        "a..b",
        ".a",
        "a" * 64,
        "a." * 130,
        "ü" * 63,
        "host\N{FULLWIDTH SOLIDUS}path",
        "a\ud800",
        "/run/\0",
        "/run/\udcff",
        "http://h",
    ],
)
def test_host_that_cannot_be_is_refused(host: str) -> None:
    """A host that is neither a name, an address nor a path is refused and not quoted."""
    with pytest.raises(ConfigurationError, match=r"^host ") as caught:
        Endpoint(host, "5432")
    assert repr(host)[1:-1] not in str(caught.value) or len(host) < 3


@pytest.mark.parametrize("host", ["", None])
def test_host_is_needed(host: str) -> None:
    """No host is told as a missing one."""
    with pytest.raises(ConfigurationError, match=r"^host is missing$"):
        Endpoint(host, "5432")


@pytest.mark.parametrize("host", [5, b"pg.svc", ["pg.svc"], Place])
def test_host_is_a_text(host: str) -> None:
    """A host of another type is refused with the type's name."""
    with pytest.raises(
        ConfigurationError, match=r"^host must be a text, not (int|bytes|list|EnumT)"
    ):
        Endpoint(host, "5432")


@pytest.mark.parametrize(("given_port", "port"), [(1, "1"), ("65535", "65535"), ("00080", "80")])
def test_port_is_kept_as_text(given_port: str, port: str) -> None:
    """A port may be given as a number or a text, and is a decimal text."""
    assert Endpoint("h", given_port).port == port


@pytest.mark.parametrize(
    "port",
    [
        0,
        -1,
        65536,
        "0",
        "65536",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "0x50",
        "\u0663",
        "\u00b2",
        "",
        "1_0",
        "000080",
        "http",
        80.0,
        True,
        None,
        b"80",
        "9" * 5000,
    ],
)
def test_port_that_cannot_be_is_refused(port: str) -> None:
    """A port that is no number from 1 to 65535 is refused in a short message."""
    with pytest.raises(ConfigurationError, match=r"is no number from 1 to 65535$") as caught:
        Endpoint("h", port)
    assert len(str(caught.value)) < 150


def test_huge_port_is_refused() -> None:
    """A port that Python would not print is refused all the same."""
    with pytest.raises(ConfigurationError, match=r"^port of type int is no number"):
        Endpoint("h", 10**5000)  # type: ignore[arg-type]


def test_refused_port_is_named() -> None:
    """The message about a port says which one was given."""
    with pytest.raises(ConfigurationError, match=r"^port 70000 is no number"):
        Endpoint("h", 70000)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"^port 'http' is no number"):
        Endpoint("h", "http")


def test_port_that_may_be_a_url_is_not_named() -> None:
    """A port that looks like an address is not quoted: it may have a password in it."""
    with pytest.raises(ConfigurationError) as caught:
        Endpoint("h", "tcp://u:hunter2@h:5432")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("port", [0, "0", 5432])
def test_unix_socket_may_have_port_0(port: str) -> None:
    """The port of a unix socket may be 0."""
    assert Endpoint("/run/mysqld.sock", port).port == str(port)


def test_members_of_enums_become_their_values() -> None:
    """A host or port that is an enum's member is kept as the text that it stands for."""
    endpoint = Endpoint(Place.HOST, Place.PORT, {Place.HOST.name: Place.HOST})
    assert f"{endpoint} {endpoint.labels}" == "pg.svc:5432 {'HOST': 'pg.svc'}"


@pytest.mark.parametrize("port", ["", "http", -1, 65536])
def test_unix_socket_needs_a_port_that_is_one(port: str) -> None:
    """The port of a unix socket that is no number is refused."""
    with pytest.raises(ConfigurationError, match=r"is no number from 0 to 65535$"):
        Endpoint("/run/mysqld.sock", port)


@pytest.mark.parametrize("last", ["a", "\N{LATIN SMALL LETTER U WITH DIAERESIS}"])
def test_host_has_at_most_253_characters(last: str) -> None:
    """A name of 253 characters is accepted, and one more, also as encoded for DNS, is not."""
    longest = ".".join(["a" * 63] * 3) + "." + "a" * 61
    assert Endpoint(longest, "1").host == longest
    with pytest.raises(ConfigurationError, match=r"together at most 253$"):
        Endpoint(longest[:-1] + last + ("a" if last == "a" else ""), "1")


def test_endpoint_prints_as_its_address() -> None:
    """The text of an endpoint is host, colon, port."""
    assert str(Endpoint("[::1]", 80)) == "::1:80"  # type: ignore[arg-type]


def test_endpoints_are_equal_by_value() -> None:
    """Two endpoints of one address and equal labels are equal, also as keys."""
    one, other = Endpoint("h", "1", {"a": "b"}), Endpoint("h", "1", {"a": "b"})
    assert one == other
    assert len({one, other}) == 1
    assert one != Endpoint("h", "1", {"a": "c"})


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
def test_endpoint_can_be_copied(copied: type) -> None:
    """A copied or pickled endpoint is equal to the first."""
    endpoint = Endpoint("h", "1", {"role": "primary"})
    assert copied(endpoint) == endpoint


def test_endpoint_cannot_be_changed() -> None:
    """Neither its fields nor its labels can be assigned to."""
    given_labels = {"role": "primary"}
    endpoint = Endpoint("h", "1", given_labels)
    with pytest.raises(dataclasses.FrozenInstanceError):
        endpoint.port = "2"  # type: ignore[misc]
    with pytest.raises(TypeError):
        endpoint.labels["role"] = "replica"  # type: ignore[index]
    given_labels["role"] = "replica"
    assert endpoint.labels == {"role": "primary"}


@given(st.text(), st.one_of(st.text(), st.integers(), st.none(), st.floats()))
def test_anything_is_an_endpoint_or_refused(host: str, port: str) -> None:
    """Whatever host and port are, there is an endpoint or a configuration error."""
    try:
        endpoint = Endpoint(host, port)
    except ConfigurationError:
        return
    assert 0 <= int(endpoint.port) <= 65535
    endpoint.host.encode()


@pytest.mark.parametrize("piece", ["a.", "ü", ":", "[", "%", " ", "/", "\ud800", "a"])
def test_long_host_is_read_at_once(piece: str) -> None:
    """A host of 200 kB takes no time."""
    before = time.perf_counter()
    with contextlib.suppress(ConfigurationError):
        Endpoint(piece * (200_000 // len(piece)), "1")
    assert time.perf_counter() - before < LIMIT
