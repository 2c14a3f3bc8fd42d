"""What a server is called."""

from __future__ import annotations

import pytest

from dephealth import Endpoint
from dephealth_grpc._authority import authority_of, host_of, server_name


@pytest.mark.parametrize(
    ("host", "authority"),
    [
        ("h.example", "h.example:443"),
        ("10.0.0.1", "10.0.0.1:443"),
        ("::1", "[::1]:443"),
        ("fe80::1%eth0", "[fe80::1]:443"),
        ("bücher.example", "xn--bcher-kva.example:443"),
    ],
)
def test_authority_of_an_endpoint(host: str, authority: str) -> None:
    """It is host and port, IPv6 in brackets and without its zone, names in ASCII."""
    assert authority_of(Endpoint(host, "443")) == authority


@pytest.mark.parametrize(
    ("authority", "host"),
    [("h", "h"), ("h:1", "h"), ("[::1]", "::1"), ("[::1]:443", "::1"), ("10.0.0.1:2", "10.0.0.1")],
)
def test_host_of_an_authority(authority: str, host: str) -> None:
    """The port is no part of the name that is verified."""
    assert host_of(authority) == host


def test_server_name() -> None:
    """No certificate names a zone."""
    assert server_name("fe80::1%eth0") == "fe80::1"
