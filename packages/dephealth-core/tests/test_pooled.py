"""Checkers that use an application's own pool or client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from dephealth import CheckError, ConfigurationError, NotYetError
from dephealth._classification import classify

from ._kiosk import KioskChecker, Till


@dataclass(frozen=True, kw_only=True)
class BoundChecker(KioskChecker):
    """A checker whose clients tell which loop they belong to."""

    def loop_of(self, source: Any) -> asyncio.AbstractEventLoop | None:
        loop: asyncio.AbstractEventLoop | None = source.loop
        return loop


class BoundTill(Till):
    def __init__(self, loop: asyncio.AbstractEventLoop | None) -> None:
        super().__init__()
        self.loop = loop


def test_without_an_object_it_is_standalone() -> None:
    """A checker that was given nothing is not pooled."""
    checker = KioskChecker()
    assert (checker.pooled, checker.holds_object) == (False, False)


def test_object_is_held() -> None:
    """A checker that was given the object itself holds it."""
    till = Till()
    checker = KioskChecker(client=till)
    assert (checker.pooled, checker.holds_object) == (True, True)
    assert checker.given is till


def test_callable_is_not_held() -> None:
    """A checker that was given a callable is pooled, and holds no object."""
    checker = KioskChecker(client=lambda: None)
    assert (checker.pooled, checker.holds_object) == (True, False)


async def test_object_is_borrowed() -> None:
    """Borrowing gives the application's own object."""
    till = Till()
    assert await _borrowed(KioskChecker(client=till)) is till


async def _borrowed(checker: KioskChecker) -> object:
    return checker.borrow()


async def test_callable_is_asked_each_time() -> None:
    """A callable is asked anew for each check."""
    tills = [Till(), Till()]
    checker = KioskChecker(client=iter(tills).__next__)
    assert [checker.borrow(), checker.borrow()][1] is tills[1]


def test_object_of_another_kind_is_refused_when_made() -> None:
    """An object that cannot be used is refused when the checker is made."""
    with pytest.raises(ConfigurationError, match="client= must be a Till, not dict"):
        KioskChecker(client={})


async def test_object_of_another_kind_is_refused_when_borrowed() -> None:
    """A callable that gives something that cannot be used is told."""
    with pytest.raises(ConfigurationError, match="client= must be a Till, not str"):
        KioskChecker(client=lambda: "till").borrow()


async def test_object_that_is_not_there_yet() -> None:
    """A callable that gives None means that there is nothing to check."""
    with pytest.raises(NotYetError, match="client= gives None"):
        KioskChecker(client=lambda: None).borrow()


def _failing(exc: BaseException) -> Callable[[], object]:
    def give() -> object:
        raise exc

    return give


@pytest.mark.parametrize(
    "exc",
    [RuntimeError("no pool"), ConnectionRefusedError(), CheckError("x", "timeout"), NotYetError()],
)
async def test_callable_that_raises_is_an_error(exc: Exception) -> None:
    """What a callable raises is ``error``, and is not taken for the dependency's."""
    checker = KioskChecker(client=_failing(exc))
    with pytest.raises(CheckError) as caught:
        checker.borrow()
    finding = classify(caught.value, checker.classify)
    assert (finding.outcome and finding.outcome.detail) == "error"
    assert caught.value.__cause__ is exc


async def test_cancellation_in_a_callable_passes() -> None:
    """A cancellation is no failure of the callable."""
    with pytest.raises(asyncio.CancelledError):
        KioskChecker(client=_failing(asyncio.CancelledError())).borrow()


def test_async_function_is_refused_when_made() -> None:
    """An async function cannot give the object, and is refused when the checker is made."""

    async def give() -> Till:
        raise AssertionError

    with pytest.raises(ConfigurationError, match="client= must give the object itself"):
        KioskChecker(client=give)


async def test_object_of_the_running_loop_is_borrowed() -> None:
    """An object that is bound to the loop of the checks, or to none yet, is borrowed."""
    for till in (BoundTill(asyncio.get_running_loop()), BoundTill(None)):
        assert BoundChecker(client=till).borrow() is till


@pytest.mark.parametrize("direct", [True, False])
async def test_object_of_another_loop_is_refused(direct: bool) -> None:
    """An object that is bound to another loop is refused, however it was given."""
    other = asyncio.new_event_loop()
    try:
        till = BoundTill(other)
        checker = BoundChecker(client=till if direct else lambda: till)
        with pytest.raises(ConfigurationError, match="client= is bound to another event loop"):
            checker.borrow()
    finally:
        other.close()


def test_loop_is_not_known_by_default() -> None:
    """Unless the checker can tell, an object is bound to no loop."""
    assert KioskChecker().loop_of(Till()) is None


def test_object_belongs_to_a_loop_by_default() -> None:
    """Unless the checker says otherwise, its object cannot be used on another loop."""
    assert KioskChecker.bound_to_loop


def test_address_is_read_from_the_object() -> None:
    """The checker tells the host and the port that an object is configured with."""
    assert KioskChecker().locate(Till("a", 1)) == ("a", 1)


def test_object_is_not_in_the_repr() -> None:
    """The application's object does not show in the checker's ``repr``."""
    assert "Till" not in repr(KioskChecker(client=Till()))
