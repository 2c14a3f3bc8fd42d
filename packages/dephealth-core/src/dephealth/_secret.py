"""Values that must not be seen, and texts cleaned of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn, final
from urllib.parse import quote, quote_plus

from .errors import ConfigurationError

MASK = "***"

_USERINFO = re.compile(r"(?<=://)[^/\s]*@")
_ESCAPE = re.compile(r"%[0-9A-F]{2}")
_HALF = re.compile(r"[\ud800-\udfff]")
"""What has no encoding: how Python reads bytes of the environment that are not UTF-8."""
_SHORT = 4


@final
class Secret:
    """A text, or bytes, whose ``repr`` and ``str`` hide it; `reveal` gives it back."""

    __slots__ = ("_binary", "_value")

    def __init__(self, value: str, *, binary: bool = False) -> None:
        self._value = value
        self._binary = binary

    def reveal(self) -> str:
        """The text itself, for the driver alone."""
        return self._value

    @property
    def encoded(self) -> bytes:
        """The same as bytes."""
        return self._value.encode("latin-1" if self._binary else "utf-8", "surrogatepass")

    @property
    def binary(self) -> bool:
        """Whether it was given as bytes; each is a character then."""
        return self._binary

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return (self._value, self._binary) == (other._value, other._binary)

    def __hash__(self) -> int:
        return hash((Secret, self._value, self._binary))

    def __bool__(self) -> bool:
        return bool(self._value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")


def conceal(value: Any) -> Any:
    """*value* with every text and all bytes in it, at any depth, made a `Secret`.

    The keys of a mapping stay readable: they name headers and options. Bytes
    (gRPC's binary metadata) are bytes again when they are revealed.

    Raises:
        ConfigurationError: Something in it is neither, so that it could not be hidden,
            or a text that cannot be sent.
    """
    match value:
        case str():
            if _HALF.search(value):
                raise ConfigurationError("a secret must be a text that UTF-8 can encode")
            return Secret(value)
        case bytes():
            return Secret(value.decode("latin-1"), binary=True)
        case Mapping():
            if any(isinstance(key, str) and _HALF.search(key) for key in value):
                raise ConfigurationError("a name must be a text that UTF-8 can encode")
            return {key: conceal(item) for key, item in value.items()}
        case tuple() | list():
            return tuple(conceal(item) for item in value)
        case None | Secret():
            return value
        case _:
            raise ConfigurationError(f"a secret must be a text, not {type(value).__name__}")


def reveal(value: Any) -> Any:
    """*value* with every `Secret` in it, at any depth, made a text, or bytes, again."""
    match value:
        case Secret():
            return value.encoded if value.binary else value.reveal()
        case Mapping():
            return {key: reveal(item) for key, item in value.items()}
        case tuple() | list():
            return tuple(reveal(item) for item in value)
        case _:
            return value


def secrets_in(value: object) -> Iterator[Secret]:
    """Every `Secret` in *value*, at any depth."""
    match value:
        case Secret():
            yield value
        case Mapping():
            for item in value.values():
                yield from secrets_in(item)
        case tuple() | list():
            for item in value:
                yield from secrets_in(item)
        case _:
            return


def scrub(text: str, secrets: Iterable[Secret]) -> str:
    """*text* without the values of *secrets*, in any form that a driver prints.

    A text that holds a secret of fewer than four characters is withheld as a
    whole: a mask in every place where a common letter stood would give it away.
    """
    forms = {form for secret in secrets for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        if form not in text:
            continue
        if len(form) < _SHORT:
            return "text withheld: it contains a secret"
        text = text.replace(form, MASK)
    return _USERINFO.sub(f"{MASK}@", text)


def _forms(secret: Secret) -> Iterator[str]:
    if not secret:
        return
    # Imported late: few processes ever have a failure to tell of at start.
    import json

    value, raw = secret.reveal(), secret.encoded
    yield value
    yield raw.decode("latin-1")  # as who takes everything for that has it
    for quoted in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        yield quoted
        yield _ESCAPE.sub(lambda escape: escape[0].lower(), quoted)
    for once in _as_python_prints(value):
        yield once
        yield from _as_python_prints(once)
    yield json.dumps(value)[1:-1]
    yield repr(raw)[2:-1]
    yield raw.hex()
    yield from _in_base64(raw)


def _as_python_prints(text: str) -> Iterator[str]:
    """*text* within the ``repr`` of another: what else is in that decides the quotes."""
    yield repr(text)[1:-1]
    yield repr("'\"" + text)[4:-1]


def _in_base64(raw: bytes) -> Iterator[str]:
    """*raw* in base64, by itself and behind something else (``user:`` in basic authentication)."""
    import base64

    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode().rstrip("=")
        for before in range(3):
            # Only the characters that what stands before and after has no part in.
            first, end = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
            inner = encode(bytes(before) + raw)[first:end].decode()
            if len(inner) >= _SHORT:
                yield inner
