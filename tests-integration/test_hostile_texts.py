"""Texts from outside: a result or the one configuration error, and soon."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import reliability
from texts.readers import EXAMPLES, READERS, read
from texts.shapes import ADDRESSES, ARGUMENTS, BARE, FILES, TOKENS, shapes

ROOM = 3.0
"""By how much the time may grow faster than the text, as what is measured is short and noisy."""
MOST = 50e-6
"""Seconds for a character; what takes longest, TOML with a dependency in each line, takes 10e-6."""
SHORT = 0.05
"""Seconds of CPU below which how it grows says nothing."""
LONGEST = {2_000: 20, 10_000: 5, 100_000: 3, 1_000_000: 1}
"""So many of the shapes that take longest at one size are tried at the next.

Where the page is written, all are at 100 kB: what grows with the square may look like little
before. Elsewhere none is at a megabyte.
"""
_ALL = 100_000
FRAMES = {"the configuration file": FILES, "an argument of the command": ARGUMENTS}
ALIKE = {name: "an address of postgres" for name in READERS if name.startswith("an address of ")}
"""All addresses are read by one parser."""
GROWING = [name for name in READERS if ALIKE.get(name, name) == name]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(TOKENS), max_size=25).map("".join))


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level("CRITICAL", "dephealth"):
        yield


@pytest.mark.parametrize("reader", READERS)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
def test_any_text(reader: str, text: str) -> None:
    """Whatever a text is, it is accepted or refused with a configuration error."""
    read(reader, text)


@pytest.mark.parametrize("reader", READERS)
def test_strange_text(reader: str) -> None:
    """So is any of a strange shape, short or long."""
    for size in (1, 50, 2_000) if frames_of(reader) is BARE else (50,):
        for text in shapes(size, frames_of(reader)):
            read(reader, text)


@pytest.mark.parametrize("reader", READERS)
def test_good_text(reader: str) -> None:
    """What is good is accepted: the tests above are about more than how all is refused."""
    for text in EXAMPLES[reader]:
        assert read(reader, text), text


@pytest.mark.parametrize("reader", GROWING)
def test_time_grows_with_the_text(reader: str, request: pytest.FixtureRequest) -> None:
    """Ten times the text takes ten times as long, and not a hundred."""
    frames = frames_of(reader)
    every = range(len(list(shapes(1, frames))))
    thorough = request.config.getoption("write_reliability")
    keys: Sequence[int] = every
    seconds: dict[int, float] = {}
    for size in LONGEST if thorough else list(LONGEST)[:-1]:
        texts = list(shapes(size, frames))
        keys = every if thorough and size == _ALL else keys
        found = _longest_first(reader, {key: texts[key] for key in keys})
        seconds[size], keys = found[0][0], [key for _, key in found[: LONGEST[size]]]
        before = max(SHORT, seconds.get(size // 10, 0))
        slowest = texts[keys[0]]
        assert seconds[size] < before * 10 * ROOM, f"{size}: {slowest[:100]!r}"
        assert seconds[size] < SHORT + MOST * len(slowest), f"{size}: {slowest[:100]!r}"
    if thorough:
        told = [f"{seconds[size] * 1000:,.1f} ms" for size in list(LONGEST)[1:]]
        reliability.GROWTH.add(reader, *told)


def frames_of(reader: str) -> Sequence[str]:
    """What is put around the strange parts."""
    return FRAMES.get(reader, ADDRESSES if reader in ALIKE else BARE)


def _longest_first(reader: str, texts: Mapping[int, str]) -> list[tuple[float, int]]:
    """Seconds and keys of *texts*."""
    read(reader, next(iter(texts.values())))  # the first one pays for what all need
    return sorted(((_seconds(reader, text), key) for key, text in texts.items()), reverse=True)


def _seconds(reader: str, text: str) -> float:
    begun = time.thread_time()
    read(reader, text)
    return time.thread_time() - begun
