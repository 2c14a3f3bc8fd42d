"""The two messages on the wire."""

from __future__ import annotations

import random

import pytest

from dephealth import CheckError
from dephealth_grpc._health import request, serving_status


@pytest.mark.parametrize(
    ("service", "message"),
    [
        ("", b""),
        ("a", b"\x0a\x01a"),
        ("x" * 127, b"\x0a\x7f" + b"x" * 127),
        ("x" * 128, b"\x0a\x80\x01" + b"x" * 128),
        ("x" * 1000, b"\x0a\xe8\x07" + b"x" * 1000),
        ("ü", b"\x0a\x02\xc3\xbc"),
    ],
)
def test_request(service: str, message: bytes) -> None:
    """The name stands behind its length; no name is no field."""
    assert request(service) == message


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"", 0),
        (b"\x08\x01", 1),
        (b"\x08\x00", 0),
        (b"\x08\x81\x00", 1),
        (b"\x08\x80\x01", 128),
        (b"\x08\x02\x08\x01", 1),
        (b"\x12\x03abc\x08\x01", 1),
        (b"\x08\x01\x12\x00", 1),
        (b"\x10\x05\x08\x01", 1),
        (b"\x11\x08\x02\x08\x02\x08\x02\x08\x02\x08\x01", 1),
        (b"\x15\x08\x02\x08\x02\x08\x01", 1),
        (b"\xf8\x7f\x02\x08\x01", 1),
        (b"\x0a\x02\x08\x02", 0),
    ],
)
def test_serving_status(message: bytes, status: int) -> None:
    """The status is the number of field 1, the last if there are more; others are passed over."""
    assert serving_status(message) == status


@pytest.mark.parametrize(
    "message",
    [b"\x08", b"\x08\x80", b"\x12\x05abc", b"\x12", b"\x11\x00", b"\x15\x00", b"\x0b", b"\x0e\x00"],
)
def test_no_message(message: bytes) -> None:
    """What ends too early, or has kinds of fields that nobody writes, is no message."""
    with pytest.raises(CheckError, match="no HealthCheckResponse"):
        serving_status(message)


def test_noise() -> None:
    """Whatever arrives is a status or an error that is known."""
    dice = random.Random(0)
    for _ in range(20_000):
        try:
            assert serving_status(dice.randbytes(dice.randrange(12))) >= 0
        except CheckError:
            continue
