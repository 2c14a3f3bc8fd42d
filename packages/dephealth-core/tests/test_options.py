"""The options of a checker: its dataclass fields, described."""

from __future__ import annotations

from typing import Any

import pytest

from dephealth import COMMON_OPTIONS, CheckOptions, ConfigurationError, Option, options_of

from ._kiosk import KioskChecker


def test_options_are_described() -> None:
    """An option has what its field was made with."""
    options = options_of(KioskChecker)
    assert options["path"] == Option(
        "path", "/health", "where to look", str, ("HEALTH_PATH",), secret=False
    )
    assert options["basic_auth"] == Option(
        "basic_auth", None, "both", object, ("BASIC_USERNAME", "BASIC_PASSWORD"), secret=True
    )


def test_fields_that_are_no_options_are_left_out() -> None:
    """A field that was not made by `option` is none, and the others keep their order."""
    assert list(options_of(KioskChecker))[:3] == ["client", "username", "password"]
    assert "private" not in options_of(KioskChecker)


def test_class_without_fields_has_no_options() -> None:
    """A checker that is no dataclass has no options."""

    class Plain:
        pass

    assert options_of(Plain) == {}


def test_secrets_and_objects_are_not_in_a_repr() -> None:
    """A ``repr`` shows neither secrets nor what only a program can give."""
    text = repr(KioskChecker(password="hunter2", username="app", headers={"a": "hunter2"}))
    assert "app" in text
    assert not {"hunter2", "password", "headers", "client", "basic_auth"} & set(
        text.replace("=", " ").replace("(", " ").split()
    )


def test_common_options_are_the_keywords_of_every_check() -> None:
    """Each keyword that all ``X_check()`` take is described, and nothing else."""
    assert list(COMMON_OPTIONS) == list(CheckOptions.__annotations__)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (str, " as it is ", " as it is "),
        (bool, "Yes", True),
        (int, "12", 12),
        (float, "1.5", 1.5),
        (list, "200, 204", ["200", "204"]),
    ],
)
def test_text_is_read_as_its_kind(kind: type, text: str, value: Any) -> None:
    """A text from outside becomes a value of the option's kind."""
    assert Option("x", None, "", kind, ("X",), secret=False).read(text) == value


def test_pair_is_cut_at_the_first_comma() -> None:
    """The second of a pair may have commas in it."""
    pair = options_of(KioskChecker)["basic_auth"]
    assert pair.read("app,pass,word") == ("app", "pass,word")
    with pytest.raises(ConfigurationError, match=r"^its value is no list of 2 items$"):
        pair.read("hunter2")


def test_secret_that_does_not_parse_is_not_quoted() -> None:
    """A secret that cannot be read is refused without being quoted."""
    with pytest.raises(ConfigurationError) as caught:
        Option("pin", None, "", int, ("PIN",), secret=True).read("hunter2")
    assert str(caught.value) == "its value is no whole number"
