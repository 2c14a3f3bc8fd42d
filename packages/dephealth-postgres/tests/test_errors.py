"""Every exception of asyncpg has a meaning."""

from __future__ import annotations

import asyncpg
import pytest
from asyncpg import exceptions

from dephealth import AUTH_ERROR, CONNECTION_RESET, ERROR, Outcome
from dephealth_postgres import PostgresChecker

RAISED = sorted(
    (
        thing
        for thing in vars(exceptions).values()
        if isinstance(thing, type)
        and issubclass(thing, Exception)
        and not issubclass(thing, Warning)
    ),
    key=lambda cls: cls.__name__,
)
"""All that asyncpg can raise; its warnings are messages that it only passes on."""


def meant(cls: type[Exception]) -> Outcome:
    """What a class means, by its SQLSTATE if it has one."""
    sqlstate = getattr(cls, "sqlstate", None) or ""
    if sqlstate.startswith("28") or sqlstate == "42501":
        return AUTH_ERROR
    # The one that asyncpg raises itself.
    return CONNECTION_RESET if sqlstate == "08003" else ERROR


@pytest.mark.parametrize("cls", RAISED)
def test_every_exception_is_mapped(cls: type[Exception]) -> None:
    """On connecting, an exception means what its SQLSTATE says, and is never a surprise."""
    assert PostgresChecker().classify(cls("message")) == meant(cls)


def test_no_exception_is_overlooked() -> None:
    """What asyncpg offers as an exception was looked at."""
    offered = {getattr(exceptions, name) for name in exceptions.__all__}
    raised = {cls for cls in offered if issubclass(cls, Exception) and not issubclass(cls, Warning)}
    assert len(raised) > 200
    assert raised <= set(RAISED)


@pytest.mark.parametrize("cause", [ConnectionResetError(104, "reset"), TimeoutError(110, "gone")])
def test_cause_of_a_lost_connection(cause: OSError) -> None:
    """A lost connection means what the operating system says of it."""
    lost = asyncpg.ConnectionDoesNotExistError("lost")
    lost.__cause__ = cause
    assert PostgresChecker().classify(lost) is None  # which leaves it to the cause
