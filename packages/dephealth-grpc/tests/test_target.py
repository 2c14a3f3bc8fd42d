"""Addresses as gRPC writes them."""

from __future__ import annotations

import pytest

from dephealth_grpc._target import target_of


@pytest.mark.parametrize(
    ("addresses", "target"),
    [
        (["10.0.0.1"], "ipv4:10.0.0.1:443"),
        (["10.0.0.1", "10.0.0.2"], "ipv4:10.0.0.1:443,10.0.0.2:443"),
        (["::1"], "ipv6:[::1]:443"),
        (["::1", "127.0.0.1"], "ipv6:[::1]:443,[::ffff:127.0.0.1]:443"),
        (["fe80::1%eth0"], None),
        (["/run/server.sock"], None),
    ],
)
def test_target(addresses: list[str], target: str | None) -> None:
    """A name has all addresses in their order, or there is none."""
    assert target_of(addresses, "443") == target
