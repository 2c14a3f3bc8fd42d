"""One input, and what must come of it."""

from __future__ import annotations

import time
from collections.abc import Callable

SLOW = 1.0
"""Seconds of CPU that no text of `LONGEST` bytes may take, instrumented as all is."""
LONGEST = 2048
"""Bytes of a text: how time grows beyond is measured by test_hostile_texts.py."""


class SlowError(Exception):
    """A text took too long."""


def try_once(read: Callable[[str], object], data: bytes, slow: float = SLOW) -> None:
    """Have *data* read as Python reads the environment: what is not UTF-8 is half a character.

    Raises:
        SlowError: It took more than *slow* seconds.
        Exception: Any that *read* lets through: there must be none.
    """
    text = data.decode("utf-8", "surrogateescape")
    begun = time.thread_time()
    read(text)
    taken = time.thread_time() - begun
    if taken > slow:
        raise SlowError(f"{taken:.1f} s")
