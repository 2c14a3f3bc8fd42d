"""The options of a checker: its dataclass fields, described."""

from __future__ import annotations

from dephealth import options_of
from dephealth._options import Option

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
