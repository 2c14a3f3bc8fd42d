"""Values that people write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dephealth import COMMON_OPTIONS, ConfigurationError, Option
from dephealth_cli._values import content_of, duration, expanded, from_text, typed


def option(kind: type) -> Option:
    return Option("x", None, "", kind, (), secret=False)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("500ms", 0.5), ("2m", 120), ("1h", 3600), ("1.5", 1.5), (" 5 s ", 5), ("0", 0)],
)
def test_duration(text: str, seconds: float) -> None:
    """A duration is seconds, or has a unit."""
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-1s", "1d", "1 2s", "inf", "nan", "1e3", "\u0661s"])
def test_no_duration(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ConfigurationError, match="is no duration"):
        duration(text)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("${A}", "1"),
        ("x-${A}-${B}", "x-1-"),
        ("${B:-two}", "two"),
        ("${C:-three}${C:-}", "three"),
        ("$${A} $A ${A}", "${A} $A 1"),
        (["${A}", {"k": "${A}"}, 5], ["1", {"k": "1"}, 5]),
    ],
)
def test_references(text: Any, result: Any) -> None:
    """A reference becomes the variable; the default stands for one that is empty or missing."""
    assert expanded(text, {"A": "1", "B": ""}) == (result, True)


def test_no_reference() -> None:
    """A text without a reference stays as it is."""
    assert expanded("$${A} pa$$word", {}) == ("${A} pa$$word", False)


def test_missing_variables() -> None:
    """All variables that are missing are named."""
    with pytest.raises(ConfigurationError, match=r"^not set in the environment: A, B$"):
        expanded(["${A}", "${B}${A}"], {})


@pytest.mark.parametrize("text", ["${", "${}", "${A", "${1}", "${A-b}", "${A:+b}"])
def test_malformed_reference(text: str) -> None:
    """What begins as a reference must be one."""
    with pytest.raises(ConfigurationError, match="is not followed by NAME}"):
        expanded(text, {"A": "1"})


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (str, "a"), (bool, True), (int, 1), (float, 1), (float, 1.5),
        (list, ["a", 1]), (dict, {"a": "b"}),
    ],
)  # fmt: skip
def test_value_of_its_kind(kind: type, value: object) -> None:
    """A value of the option's kind is taken as it is."""
    assert typed(option(kind), value) == value


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (str, 5, "must be a text, not a whole number"),
        (bool, "yes", "must be true or false, not a text"),
        (int, True, "must be a whole number, not true or false"),
        (int, 1.0, "must be a whole number, not a number"),
        (float, "1", "must be a number, not a text"),
        (list, "a", "must be a list, not a text"),
        (list, [[1]], "must be a list of texts or numbers, not a list"),
        (dict, [], "must be a table, not a list"),
        (dict, {"a": 5}, "'a' must be a text, not a whole number"),
        (object, 5, "only a program can give it"),
    ],
)
def test_value_of_another_kind(kind: type, value: object, message: str) -> None:
    """A value of another kind is refused by what it is."""
    with pytest.raises(ConfigurationError) as caught:
        typed(option(kind), value)
    assert str(caught.value) == message


def test_duration_of_a_policy() -> None:
    """A duration of a policy may be a number or a text, wherever it stands."""
    interval = COMMON_OPTIONS["interval"]
    assert (typed(interval, 5), typed(interval, "5s"), from_text(interval, "5s")) == (5, 5.0, 5.0)


def test_secret_in_a_file(tmp_path: Path) -> None:
    """The content of a file is the secret, without the line's end."""
    path = tmp_path / "secret"
    path.write_bytes(b" p\xc3\xa4ss \r\n")
    assert content_of(str(path)) == " p\u00e4ss "


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "is a file that is not UTF-8"),
        (b"x" * 100_000, "is a file of more than 65536 bytes"),
        (None, "is a file that cannot be read: Is a directory"),
    ],
)
def test_bad_file_of_a_secret(tmp_path: Path, content: bytes | None, message: str) -> None:
    """A file that cannot be a secret is refused without its content."""
    path = tmp_path / "secret"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        content_of(str(path))
    assert str(caught.value) == message


@pytest.mark.parametrize("path", ["", "/nonexistent", "a\0b", 5])
def test_no_file_of_a_secret(path: object) -> None:
    """A path that leads nowhere is refused."""
    with pytest.raises(ConfigurationError, match=r"cannot be read|must be the path of a file"):
        content_of(path)
