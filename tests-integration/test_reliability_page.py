"""docs/reliability.md has a row for all that it says it has."""

from __future__ import annotations

from canaries.failures import FAULTS, TLS_FAULTS
from canaries.places import PLACES
from reliability import FUZZING, GROWTH, PAGE, SECRETS
from texts.readers import READERS


def test_fuzzing_is_on_the_page() -> None:
    """`./dev fuzz --write` wrote of each reader, and found nothing."""
    page = PAGE.read_text()
    assert FUZZING.first_cells(page) == list(READERS)


def test_growth_is_on_the_page() -> None:
    """The time of each reader is there; addresses are read by one parser."""
    addresses = {name for name in READERS if name.startswith("an address of ")}
    cells = GROWTH.first_cells(PAGE.read_text())
    assert {*READERS} - addresses < {*cells}
    assert {*cells} & addresses


def test_secrets_are_on_the_page() -> None:
    """Each way to fail, and to make a mistake, is there with what was searched."""
    cells = {*SECRETS.first_cells(PAGE.read_text())}
    assert {f"a server: {name}" for name in FAULTS} <= cells
    assert {f"TLS: {name}" for name in TLS_FAULTS} <= cells
    assert {f"mistakes in what is declared of {name}" for name in PLACES} <= cells
