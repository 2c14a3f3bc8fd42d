"""What may be the name or the value of a label (docs/metrics.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from .errors import ConfigurationError

RESERVED_LABELS = frozenset(
    {"name", "group", "dependency", "type", "host", "port", "critical", "status", "detail", "le"}
)

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}", re.ASCII)
_LENIENT_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,62}", re.ASCII)
_TYPE = re.compile(r"[a-z][a-z0-9_-]*", re.ASCII)
_MARKS_OF_AN_ADDRESS = re.compile(r"[:=@;]")
_NOT_A_NAME = "does not match [a-z][a-z0-9-]* with at most 63 characters"
_LARGEST_SHOWN = 10**9


def checked_labels(labels: object) -> Mapping[str, str]:
    """*labels* in alphabetical order, if they may be exported."""
    if not isinstance(labels, Mapping):
        raise ConfigurationError(f"labels must be a mapping, not {type(labels).__name__}")
    for key, value in labels.items():
        if not isinstance(key, str) or not _LABEL.fullmatch(key):
            raise ConfigurationError(f"label {shown(key)} does not match {_LABEL.pattern}")
        if key in RESERVED_LABELS or key.startswith("__"):
            raise ConfigurationError(
                f"label {shown(key)} is reserved (so are names that begin with '__' and: "
                f"{', '.join(sorted(RESERVED_LABELS))})"
            )
        if value is not None and not isinstance(value, str):
            raise ConfigurationError(
                f"label {shown(key)} must be a text, not {type(value).__name__}"
            )
        if value:
            encodable(value, f"label {shown(key)}")
    return MappingProxyType(
        {plain(key): plain(labels[key]) for key in sorted(labels) if labels[key]}
    )


def checked_name(value: object, what: str) -> str:
    """*value* if it may be the ``name`` or ``group`` label."""
    if value is None:
        raise ConfigurationError(f"{what} is missing: give it or set DEPHEALTH_{what.upper()}")
    if isinstance(value, str) and _NAME.fullmatch(value):
        return plain(value)
    raise ConfigurationError(f"{what} {shown(value)} {_NOT_A_NAME}")


def checked_dependency_name(value: object) -> tuple[str, bool]:
    """*value* if it may name a dependency, and whether it follows the rules.

    Capitals and ``_`` break them and are let through: services use them.
    """
    if isinstance(value, str) and _LENIENT_NAME.fullmatch(value):
        return plain(value), bool(_NAME.fullmatch(value))
    raise ConfigurationError(f"dependency name {shown(value)} {_NOT_A_NAME}")


def checked_type(value: object) -> str:
    """*value* if it may be the ``type`` label."""
    if isinstance(value, str) and _TYPE.fullmatch(value):
        return plain(value)
    raise ConfigurationError(f"type {shown(value)} does not match {_TYPE.pattern}")


def shown(value: object) -> str:
    """*value* for a message: not if it may be an address, with a password in it."""
    if isinstance(value, str) and not _MARKS_OF_AN_ADDRESS.search(value):
        return f"{value!r:.80}"
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < _LARGEST_SHOWN):
        return repr(value)
    return f"of type {type(value).__name__}"


def encodable(value: str, what: str) -> str:
    """*value* if it is text that can be exported."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ConfigurationError(f"{what} cannot be encoded as UTF-8") from None
    return plain(value)


def plain(value: str) -> str:
    """*value* as a `str` of no subclass: an enum's member is printed by its name."""
    return str.__str__(value)
