"""What may be a label's name or value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dephealth import ConfigurationError
from dephealth._labels import (
    RESERVED_LABELS,
    checked_dependency_name,
    checked_labels,
    checked_name,
    checked_type,
    shown,
)


def test_reserved_labels_are_those_of_the_contract() -> None:
    """The seven fixed labels, and ``status``, ``detail`` and ``le``, are reserved."""
    fixed = {"name", "group", "dependency", "type", "host", "port", "critical"}
    assert fixed | {"status", "detail", "le"} == RESERVED_LABELS


@pytest.mark.parametrize("key", sorted(RESERVED_LABELS | {"__x", "__name__", "__"}))
def test_reserved_label_is_refused(key: str) -> None:
    """A reserved label is refused by its name."""
    with pytest.raises(ConfigurationError, match=f"label '{key}' is reserved"):
        checked_labels({key: "x"})


@pytest.mark.parametrize("key", ["role", "_x", "Role", "a1", "NAME", "a__b", "_"])
def test_label_of_the_right_form_is_accepted(key: str) -> None:
    """A label that matches ``[a-zA-Z_][a-zA-Z0-9_]*`` is accepted."""
    assert checked_labels({key: "x"}) == {key: "x"}


@pytest.mark.parametrize("key", ["", "1a", "a-b", "a b", "ä", "a\n", "a.b", 5, None, ("a",)])
def test_label_of_another_form_is_refused(key: str) -> None:
    """A label that does not match is refused."""
    with pytest.raises(ConfigurationError, match=r"^label .* does not match"):
        checked_labels({key: "x"})


@pytest.mark.parametrize("value", [5, True, b"x", ["x"]])
def test_label_value_is_a_text(value: str) -> None:
    """A label's value of another type is refused with label and type."""
    with pytest.raises(ConfigurationError, match=r"^label 'role' must be a text, not "):
        checked_labels({"role": value})


def test_label_value_can_be_exported() -> None:
    """A label's value with a lone surrogate is refused, since no exporter could write it."""
    with pytest.raises(ConfigurationError, match=r"^label 'role' cannot be encoded as UTF-8$"):
        checked_labels({"role": "a\ud800"})


@pytest.mark.parametrize("value", ["", None])
def test_empty_label_is_not_set(value: str) -> None:
    """A label with an empty value is not there."""
    assert checked_labels({"role": value, "zone": "a"}) == {"zone": "a"}


def test_labels_are_alphabetical() -> None:
    """Labels come out in alphabetical order."""
    assert list(checked_labels({"b": "1", "a": "2", "C": "3"})) == ["C", "a", "b"]


@pytest.mark.parametrize("labels", [None, [("a", "b")], "a=b", {"a"}])
def test_labels_are_a_mapping(labels: object) -> None:
    """Labels of another shape are refused."""
    with pytest.raises(ConfigurationError, match=r"^labels must be a mapping, not "):
        checked_labels(labels)


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.none(), st.integers())))
def test_any_labels_are_good_or_refused(labels: dict[str, str]) -> None:
    """Whatever the labels are, they can be exported or are a configuration error."""
    try:
        checked = checked_labels(labels)
    except ConfigurationError:
        return
    assert checked == {key: value for key, value in labels.items() if value}
    assert not any(key in RESERVED_LABELS for key in checked)
    "".join([*checked, *checked.values()]).encode()


@pytest.mark.parametrize("name", ["a", "orders-db", "a1-", "a" * 63])
def test_name_of_the_right_form_is_accepted(name: str) -> None:
    """A name of ``[a-z][a-z0-9-]*`` with 1 to 63 characters is accepted for all three labels."""
    assert checked_name(name, "group") == name
    assert checked_dependency_name(name) == (name, True)


@pytest.mark.parametrize("name", ["Orders", "orders_db", "A", "ordersDB_1-x", "A" * 63])
def test_capitals_and_underscores_in_a_dependency_break_the_rules(name: str) -> None:
    """A dependency's name may have capitals and ``_``, which is told."""
    assert checked_dependency_name(name) == (name, False)


@pytest.mark.parametrize("name", ["Orders", "orders_db"])
def test_capitals_and_underscores_in_a_name_are_refused(name: str) -> None:
    """The names of service and group may not have capitals or ``_``."""
    with pytest.raises(ConfigurationError, match=rf"^group '{name}' does not match"):
        checked_name(name, "group")


BAD_NAMES = ["", "1a", "-a", "_a", "a b", "a.b", "a/b", "ä", "a\n", "a" * 64, 5, b"a", ["a"]]


@pytest.mark.parametrize("name", [*BAD_NAMES, None])
def test_dependency_name_that_cannot_be_is_refused(name: object) -> None:
    """Another dependency name is refused with the rule."""
    with pytest.raises(ConfigurationError, match=r"^dependency name .* does not match \[a-z\]"):
        checked_dependency_name(name)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_name_that_cannot_be_is_refused(name: object) -> None:
    """Another name of the service is refused with the rule."""
    with pytest.raises(ConfigurationError, match=r"^name .* does not match \[a-z\]"):
        checked_name(name, "name")


def test_missing_name_says_where_it_can_come_from() -> None:
    """The error about a missing name tells of the environment variable."""
    with pytest.raises(
        ConfigurationError, match=r"^group is missing: give it or set DEPHEALTH_GROUP$"
    ):
        checked_name(None, "group")


@pytest.mark.parametrize(
    "address", ["postgres://app:hunter2@h/db", "Host=h;Password=hunter2", "host=h password=hunter2"]
)
def test_address_in_place_of_a_name_is_not_quoted(address: str) -> None:
    """An address that was given as the name does not show its password."""
    with pytest.raises(ConfigurationError, match="of type str does not match") as caught:
        checked_dependency_name(address)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("type", ["http", "my-type", "my_type2"])
def test_type_of_the_right_form_is_accepted(type: str) -> None:
    """Any text that can be a type's name is accepted, not only the nine."""
    assert checked_type(type) == type


@pytest.mark.parametrize("type", ["", "HTTP", "1a", "a b", None, 5, "ä"])
def test_type_that_cannot_be_is_refused(type: object) -> None:
    """Another type is refused."""
    with pytest.raises(ConfigurationError, match=r"^type .* does not match"):
        checked_type(type)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b", "'a b'"),
        ("a" * 200, "'" + "a" * 79),
        ("a:b", "of type str"),
        ("a=b", "of type str"),
        ("a@b", "of type str"),
        ("a;b", "of type str"),
        (10**9 - 1, "999999999"),
        (10**9, "of type int"),
        (-(10**9), "of type int"),
        (True, "True"),
        (1.5, "1.5"),
        (1e300, "1e+300"),
        (None, "of type NoneType"),
        (b"a", "of type bytes"),
    ],
)
def test_value_is_shown_if_it_is_short_and_no_address(value: object, text: str) -> None:
    """A message shows a value only if it is short and cannot be an address."""
    assert shown(value) == text
