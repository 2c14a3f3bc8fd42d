"""Values that people write: on the command line and in the configuration file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dephealth import CheckPolicy, ConfigurationError, Option

DURATION = r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|)"
"""How a duration is written as text."""

_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0}
_REFERENCE = re.compile(r"\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})?")
_LARGEST_FILE = 64 * 1024
_KINDS: Mapping[type, tuple[type | tuple[type, ...], str]] = {
    str: (str, "a text"),
    bool: (bool, "true or false"),
    int: (int, "a whole number"),
    float: ((int, float), "a number"),
    list: (list, "a list"),
    dict: (dict, "a table"),
}
FILE = "_file"
"""Ends the name of a secret option whose value is in a file."""


def is_duration(option: Option) -> bool:
    """Whether the option is seconds of a check's policy."""
    return option.kind is float and option.name in CheckPolicy.ranges


def can_be_file(option: Option) -> bool:
    """Whether the option may be given as ``NAME_file``."""
    return option.secret and option.kind is str


def duration(text: str) -> float:
    """The seconds that ``30s``, ``500ms``, ``2m``, ``1h`` or a bare number stand for.

    Raises:
        ConfigurationError: It is no duration.
    """
    match = re.fullmatch(DURATION, text.strip())
    if match is None:
        raise ConfigurationError("is no duration: seconds, or a number with ms, s, m or h")
    return float(match[1]) * _SECONDS[match[2]]


def from_text(option: Option, text: str) -> Any:
    """The value of *option* that a text from outside stands for.

    Raises:
        ConfigurationError: It stands for none.
    """
    return duration(text) if is_duration(option) else option.read(text)


def typed(option: Option, value: object) -> Any:
    """*value* if it is one of *option*; a duration in seconds.

    Raises:
        ConfigurationError: It is none. What it is, is not quoted.
    """
    if is_duration(option) and isinstance(value, str):
        return duration(value)
    if option.kind not in _KINDS:
        raise ConfigurationError("only a program can give it")
    classes, what = _KINDS[option.kind]
    flag = isinstance(value, bool) and option.kind is not bool
    if flag or not isinstance(value, classes):
        raise ConfigurationError(f"must be {what}, not {_kind_of(value)}")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(item, str):
                raise ConfigurationError(f"{key!r:.80} must be a text, not {_kind_of(item)}")
    if isinstance(value, list):
        for item in value:
            if not isinstance(item, str | int):
                raise ConfigurationError(
                    f"must be a list of texts or numbers, not {_kind_of(item)}"
                )
    return value


def expanded(value: Any, environ: Mapping[str, str]) -> tuple[Any, bool]:
    """*value* with the variables that its texts refer to, and whether there were any.

    Raises:
        ConfigurationError: One is not set and has no default, or a reference is malformed.
    """
    found = False
    missing: list[str] = []

    def replace(match: re.Match[str]) -> str:
        nonlocal found
        name, default = match[1], match[2]
        if match[0] == "$${":
            return "${"
        if name is None:
            raise ConfigurationError(
                "'${' is not followed by NAME} or NAME:-default} ('$${' is '${')"
            )
        found = True
        text = environ.get(name, "" if default is None else default)
        if name not in environ and default is None:
            missing.append(name)
        return text or default or ""

    def walk(value: Any) -> Any:
        match value:
            case str():
                return _REFERENCE.sub(replace, value)
            case list():
                return [walk(item) for item in value]
            case dict():
                return {key: walk(item) for key, item in value.items()}
            case _:
                return value

    result = walk(value)
    if missing:
        names = ", ".join(dict.fromkeys(missing))
        raise ConfigurationError(f"not set in the environment: {names}")
    return result, found


def content_of(path: object) -> str:
    """The text in a file that holds one secret, without the line's end.

    Raises:
        ConfigurationError: It cannot be read.
    """
    if not isinstance(path, str):
        raise ConfigurationError(f"must be the path of a file, not {_kind_of(path)}")
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # pathlib is slow to import
            content = file.read(_LARGEST_FILE + 1)
        text = content.decode()
    except UnicodeDecodeError:
        raise ConfigurationError("is a file that is not UTF-8") from None
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "no path"
        raise ConfigurationError(f"is a file that cannot be read: {reason}") from exc
    if len(content) > _LARGEST_FILE:
        raise ConfigurationError(f"is a file of more than {_LARGEST_FILE} bytes")
    return text.rstrip("\r\n")


def _kind_of(value: object) -> str:
    """What *value* is, as a person would say."""
    for kind, (_, what) in _KINDS.items():
        if type(value) is kind:
            return what
    return "a date or time"
