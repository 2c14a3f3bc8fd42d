"""The fuzzer fails on all that is neither a result nor a configuration error, or is slow."""

from __future__ import annotations

import time
from functools import partial

import pytest

from dephealth import ConfigurationError
from fuzzing.runs import outcome
from fuzzing.trying import SlowError, try_once
from texts.readers import READERS, read

LOG = """INFO: Seed: 1
Done 83208 runs in 5 second(s)
stat::number_of_executed_units: 83208
"""
CRASHED = """ === Uncaught Python exception: ===
UnicodeEncodeError: surrogates not allowed
Traceback (most recent call last):
stat::number_of_executed_units: 17
"""


@pytest.mark.parametrize("reader", READERS)
def test_bytes(reader: str) -> None:
    """Bytes that are no UTF-8 are read as any text is."""
    try_once(partial(read, reader), b"\xff\xfe h\0\x80")


def test_other_error_passes_through() -> None:
    """What a reader raises besides a configuration error is a finding."""
    with pytest.raises(ZeroDivisionError):
        try_once(lambda text: 1 / len(text), b"")


def test_slow_text() -> None:
    """A text that takes too long is a finding."""

    def busy(_: str) -> None:
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass

    try_once(busy, b"x")
    with pytest.raises(SlowError):
        try_once(busy, b"x", slow=0.01)


def test_refusal_is_no_finding() -> None:
    """`read` tells of a configuration error by what it returns."""
    assert not read("a port", "x")
    with pytest.raises(ConfigurationError):
        READERS["a port"]("x")


def test_outcome() -> None:
    """What was executed and found is read from the log."""
    well = outcome("x", LOG, 5.0, 0, [])
    assert (well.executions, well.finding) == (83208, "")
    ill = outcome("x", CRASHED, 1.0, 77, [b"\xff"])
    assert (ill.executions, ill.finding) == (
        17,
        r"UnicodeEncodeError: surrogates not allowed (b'\xff')",
    )


@pytest.mark.parametrize("log", ["", "Killed"])
def test_process_that_told_nothing(log: str) -> None:
    """A fuzzer that did not run has not found that all is well."""
    assert outcome("x", log, 0.1, 0, []).finding
