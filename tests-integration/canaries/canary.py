"""A secret that is recognised in any form."""

from __future__ import annotations

import base64
import json
import secrets
import string
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

_LETTERS = string.ascii_letters + string.digits
_SPECIAL = " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_MARK = "kAn4rYxQ7"
"""With this each end of a made one begins, so that one search can find there is none."""
_RANDOM = 10


class Canary:
    """A text that exists only once, and stands for a secret.

    Args:
        place: Where it is given, for messages.
        value: The text; if not given, one with every special character between two ends
            that are found in whatever way the whole is written, or cut.
        beside: What may stand before it in base64, such as a user.
        within: Further characters between the ends.
        without: Characters that the place does not allow.
    """

    def __init__(
        self,
        place: str,
        value: str | None = None,
        *,
        beside: str = "",
        within: str = "ü€",
        without: str = "",
    ) -> None:
        self.place = place
        ends = [_unique(), _unique()] if value is None else []
        special = "".join(char for char in _SPECIAL + within if char not in without)
        self.value = value if value is not None else special.join(ends)
        # Whatever shows a made one shows an end of it: the rest need not be searched for.
        forms = {form for text in ends or [self.value] for form in _forms(text)}
        forms |= {*_in_base64(f"{beside}:{self.value}".encode())} if beside else set()
        self._forms = sorted(forms)
        self.traces = _TRACES if ends else frozenset(self._forms)
        """What is there where any form is."""

    @property
    def quoted(self) -> str:
        """As a URL has it."""
        return quote(self.value, safe="")

    def seen_in(self, text: str) -> int | None:
        """Where it begins in *text*, in any form."""
        return min((text.index(form) for form in self._forms if form in text), default=None)


def _unique() -> str:
    return _MARK + "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM))


def _forms(text: str) -> Iterator[str]:
    raw = text.encode()
    yield text
    yield text[::-1]
    yield from (quote(text, safe=""), quote(text), quote_plus(text))
    yield repr(text)[1:-1]
    yield repr("'\"" + text)[4:-1]
    yield repr(repr(text))[2:-2]
    yield repr(raw)[2:-1]
    yield repr(text.encode("utf-16-le"))[2:-1]
    yield json.dumps(text)[1:-1]
    yield raw.hex()
    yield from _in_base64(raw)


def _in_base64(raw: bytes) -> Iterator[str]:
    """*raw* by itself, and behind one or two bytes of something else."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            first, end = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
            yield encode(bytes(before) + raw)[first:end].decode()


_TRACES = frozenset(_forms(_MARK))
