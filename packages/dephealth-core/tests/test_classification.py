"""How an exception becomes an outcome."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
import time
from typing import Any

import pytest

from dephealth import (
    AUTH_ERROR,
    CONNECTION_REFUSED,
    CONNECTION_RESET,
    DNS_ERROR,
    ERROR,
    HOST_UNREACHABLE,
    NETWORK_UNREACHABLE,
    QUERY_ERROR,
    TIMEOUT,
    TLS_ERROR,
    CheckDnsError,
    CheckError,
    ErrorTable,
    Outcome,
    UnhealthyError,
    lookup,
)
from dephealth._classification import Finding, classify, classify_at_deadline


class DriverError(Exception):
    """A driver's exception that nobody knows."""


class PasswordError(DriverError):
    """A driver's exception that the checker knows."""


def nothing(_: BaseException) -> Outcome | None:
    return None


def driver(exc: BaseException) -> Outcome | None:
    return lookup({PasswordError: AUTH_ERROR}, exc)


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


STDLIB: list[tuple[BaseException, Outcome]] = [
    (TimeoutError(), TIMEOUT),
    (asyncio.TimeoutError(), TIMEOUT),  # noqa: UP041  # as drivers raise it
    (socket.timeout(), TIMEOUT),  # noqa: UP041  # as drivers raise it
    (ConnectionRefusedError(), CONNECTION_REFUSED),
    (ConnectionResetError(), CONNECTION_RESET),
    (ConnectionAbortedError(), CONNECTION_RESET),
    (BrokenPipeError(), CONNECTION_RESET),
    (ConnectionError(), CONNECTION_RESET),
    (asyncio.IncompleteReadError(b"", 4), CONNECTION_RESET),
    (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), DNS_ERROR),
    (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), DNS_ERROR),
    (socket.gaierror(errno.ENOMEM, "a code that means something else elsewhere"), DNS_ERROR),
    (ssl.SSLError(1, "handshake failure"), TLS_ERROR),
    (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), TLS_ERROR),
    (ssl.SSLCertVerificationError(1, "certificate verify failed"), TLS_ERROR),
    (ssl.SSLZeroReturnError(6, "TLS/SSL connection has been closed"), TLS_ERROR),
    (_os_error(errno.ECONNREFUSED), CONNECTION_REFUSED),
    (_os_error(errno.ECONNRESET), CONNECTION_RESET),
    (_os_error(errno.ECONNABORTED), CONNECTION_RESET),
    (_os_error(errno.EPIPE), CONNECTION_RESET),
    (_os_error(errno.ENETUNREACH), NETWORK_UNREACHABLE),
    (_os_error(errno.ENETDOWN), NETWORK_UNREACHABLE),
    (_os_error(errno.EHOSTUNREACH), HOST_UNREACHABLE),
    (_os_error(errno.EHOSTDOWN), HOST_UNREACHABLE),
    (_os_error(errno.ETIMEDOUT), TIMEOUT),
]


@pytest.mark.parametrize(("exc", "outcome"), STDLIB, ids=[repr(exc) for exc, _ in STDLIB])
def test_exception_of_the_standard_library_is_known(exc: BaseException, outcome: Outcome) -> None:
    """What the standard library raises about a connection has its outcome."""
    assert classify(exc, nothing) == Finding(outcome, exc)


@pytest.mark.parametrize(
    "exc",
    [ValueError("x"), OSError("x"), _os_error(errno.EPERM), KeyboardInterrupt(), DriverError()],
)
def test_unknown_exception_is_an_error(exc: BaseException) -> None:
    """What nobody knows is ``error``, and marked as not expected."""
    assert classify(exc, nothing) == Finding(ERROR, exc, expected=False)


def test_check_error_says_it_itself() -> None:
    """A check error decides by itself, whatever the checker knows of its class."""
    exc = UnhealthyError("x", detail="http_503")
    assert classify(exc, lambda _: AUTH_ERROR) == Finding(exc.outcome, exc)


def test_checker_knows_better_than_the_standard_library() -> None:
    """The checker's table comes before that of the standard library."""
    exc = ConnectionResetError()
    assert classify(exc, lambda e: lookup({OSError: TLS_ERROR}, e)) == Finding(TLS_ERROR, exc)


def test_most_specific_class_wins() -> None:
    """Of the classes in a table the one that stands first in the MRO counts."""
    table: ErrorTable = {Exception: ERROR, DriverError: QUERY_ERROR, PasswordError: AUTH_ERROR}
    assert lookup(table, PasswordError()) == AUTH_ERROR
    assert lookup(table, DriverError()) == QUERY_ERROR
    assert lookup(table, ValueError()) == ERROR
    assert lookup({PasswordError: AUTH_ERROR}, DriverError()) is None


def test_order_of_a_table_does_not_count() -> None:
    """A general class before a specific one in the table does not hide it."""
    assert (
        lookup({OSError: ERROR, ConnectionRefusedError: AUTH_ERROR}, ConnectionRefusedError())
        == AUTH_ERROR
    )


def _caused(exc: BaseException, cause: BaseException) -> BaseException:
    exc.__cause__ = cause
    return exc


def _in_context(exc: BaseException, context: BaseException) -> BaseException:
    exc.__context__ = context
    return exc


def test_cause_is_walked() -> None:
    """An unknown exception means what its cause means."""
    cause = ConnectionRefusedError()
    exc = _caused(DriverError(), _caused(DriverError(), cause))
    assert classify(exc, nothing) == Finding(CONNECTION_REFUSED, cause)


def test_context_is_walked() -> None:
    """An unknown exception means what was being handled when it was raised."""
    context = PasswordError()
    assert classify(_in_context(DriverError(), context), driver) == Finding(AUTH_ERROR, context)


def test_suppressed_context_is_not_walked() -> None:
    """``raise … from None`` hides the context from us, too."""
    exc = _in_context(DriverError(), ConnectionRefusedError())
    exc.__suppress_context__ = True
    assert classify(exc, nothing) == Finding(ERROR, exc, expected=False)


def test_outer_exception_comes_first() -> None:
    """Of two known exceptions in a chain the outer one counts."""
    exc = _caused(PasswordError(), ConnectionRefusedError())
    assert classify(exc, driver) == Finding(AUTH_ERROR, exc)


def test_members_of_a_group_are_walked() -> None:
    """A group means what the first of its known members means."""
    known = socket.gaierror(-2, "x")
    group = ExceptionGroup("g", [DriverError(), ExceptionGroup("h", [known]), TimeoutError()])
    assert classify(_caused(DriverError(), group), nothing) == Finding(DNS_ERROR, known)


def test_member_of_a_group_comes_before_its_cause() -> None:
    """The members of a group say more than what the group was raised from."""
    member = ConnectionResetError()
    group = _caused(ExceptionGroup("g", [member]), TimeoutError())
    assert classify(group, nothing) == Finding(CONNECTION_RESET, member)


def test_circle_of_causes_ends() -> None:
    """Exceptions that are each other's causes are looked at once."""
    one, other = DriverError(), DriverError()
    _caused(_caused(one, other).__cause__ or other, one)
    assert classify(one, nothing) == Finding(ERROR, one, expected=False)


def seconds_for(causes: int) -> float:
    """CPU time in which a chain of so many causes is classified."""
    exc: BaseException = ConnectionRefusedError()
    for _ in range(causes):
        exc = _caused(DriverError(), exc)
    before = time.process_time()
    assert classify(exc, nothing).outcome == CONNECTION_REFUSED
    taken = time.process_time() - before
    while exc.__cause__ is not None:  # or freeing it would recurse
        exc, exc.__cause__ = exc.__cause__, None
    return taken


def test_long_chain_is_walked_at_once() -> None:
    """A hundred thousand causes take no recursion, and a time that grows as their number does."""
    assert seconds_for(100_000) < 30 * seconds_for(10_000)


REFUSED = "[Errno 111] Connect call failed ('127.0.0.1', 1)"
UNREACHABLE = "[Errno 101] Connect call failed ('2001:db8::1', 1, 0, 0)"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (f"Multiple exceptions: {UNREACHABLE}, {REFUSED}", CONNECTION_REFUSED),
        (f"Multiple exceptions: {REFUSED}, {UNREACHABLE}", CONNECTION_REFUSED),
        (f"Multiple exceptions: {UNREACHABLE}, {UNREACHABLE}", NETWORK_UNREACHABLE),
        ("Multiple exceptions: [Errno 1] Operation not permitted, [Errno 1] x", None),
        (f"Multiple exceptions: [Errno 1] x, {UNREACHABLE}", NETWORK_UNREACHABLE),
        (f"Multiple exceptions: [Errno {'9' * 5000}] x", None),
        (f"something else: {REFUSED}", None),
    ],
)
def test_several_addresses_are_one_outcome(text: str, outcome: Outcome | None) -> None:
    """Of asyncio's failed attempts for several addresses, a refusal says most."""
    finding = classify(OSError(text), nothing)
    assert (finding.outcome, finding.expected) == (outcome or ERROR, outcome is not None)


class _TwoAddresses(asyncio.SelectorEventLoop):
    """A loop on which every name has two addresses, where nobody listens."""

    async def getaddrinfo(self, *_: Any, **__: Any) -> Any:
        with (
            socket.create_server(("127.0.0.1", 0)) as a,
            socket.create_server(("127.0.0.1", 0)) as b,
        ):
            free = [a.getsockname(), b.getsockname()]
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", at) for at in free]


def test_asyncio_joins_several_failures_in_that_form() -> None:
    """What asyncio raises when each address of a host refuses is known as a refusal."""
    loop = _TwoAddresses()
    try:
        with pytest.raises(OSError, match="Multiple exceptions") as caught:
            loop.run_until_complete(loop.create_connection(asyncio.Protocol, "several", 1))
    finally:
        loop.close()
    assert classify(caught.value, nothing).outcome == CONNECTION_REFUSED


SHORTAGES = [
    _os_error(errno.EMFILE),
    _os_error(errno.ENFILE),
    _os_error(errno.ENOMEM),
    _os_error(errno.ENOBUFS),
    MemoryError(),
    RuntimeError("can't start new thread"),
]


@pytest.mark.parametrize("exc", SHORTAGES, ids=repr)
def test_shortage_of_our_own_is_no_result(exc: BaseException) -> None:
    """What our own process lacks tells nothing of the dependency."""
    assert classify(exc, nothing) == Finding(None, exc)


@pytest.mark.parametrize("exc", SHORTAGES, ids=repr)
def test_shortage_is_found_below_what_is_known(exc: BaseException) -> None:
    """A shortage behind a refusal that a driver made of it is one all the same."""
    assert classify(_caused(ConnectionRefusedError(), exc), nothing).outcome is None


def test_other_runtime_error_is_no_shortage() -> None:
    """A RuntimeError of another text is an error."""
    assert classify(RuntimeError("no"), nothing).outcome == ERROR


def _broken(_: BaseException) -> Outcome | None:
    raise LookupError("a bug in the plugin")


def test_broken_classifier_is_an_error() -> None:
    """A checker whose ``classify`` raises gives ``error``, with that bug as the cause."""
    finding = classify(ConnectionRefusedError(), _broken)
    assert (finding.outcome, finding.expected) == (ERROR, False)
    assert isinstance(finding.cause, LookupError)


@pytest.mark.parametrize("nonsense", ["timeout", 5, ("error", "error"), object()])
def test_classifier_must_give_an_outcome(nonsense: Outcome) -> None:
    """A checker whose ``classify`` gives something else gives ``error``."""
    finding = classify(ConnectionRefusedError(), lambda _: nonsense)
    assert (finding.outcome, finding.expected) == (ERROR, False)
    assert "is no Outcome" in str(finding.cause)


class _UnfinishedError(CheckError):
    def __init__(self) -> None:
        pass  # and so has no outcome


def test_check_error_without_an_outcome_is_an_error() -> None:
    """A check error that was not made as one gives ``error``."""
    assert classify(_UnfinishedError(), nothing).outcome == ERROR


def test_deadline_alone_is_a_timeout() -> None:
    """A check that the deadline ended without anything known has timed out."""
    for exc in (None, asyncio.CancelledError(), TimeoutError(), DriverError()):
        finding = classify_at_deadline(exc, nothing)
        assert finding.outcome == TIMEOUT
        assert str(finding.cause) == "no answer within the timeout"


def test_failure_before_the_deadline_counts() -> None:
    """A refusal between two attempts of a client that retries is told, not the timeout."""
    refused = ConnectionRefusedError()
    cancelled = _in_context(asyncio.CancelledError(), _caused(DriverError(), refused))
    exc = _caused(TimeoutError(), cancelled)
    assert classify_at_deadline(exc, nothing) == Finding(CONNECTION_REFUSED, refused)


def test_failure_after_the_deadline_does_not_count() -> None:
    """What a driver raises because it was cancelled is not told."""
    exc = _in_context(ConnectionResetError(), asyncio.CancelledError())
    assert classify_at_deadline(exc, nothing).outcome == TIMEOUT


def test_name_resolution_at_the_deadline_is_told() -> None:
    """A deadline that strikes while a name is resolved is a ``dns_error``."""
    exc = _caused(asyncio.CancelledError(), CheckDnsError("no answer yet"))
    assert classify_at_deadline(exc, nothing).outcome == DNS_ERROR


def test_timeout_before_the_deadline_is_a_timeout() -> None:
    """A driver's own timeout before the deadline is the same thing."""
    exc = _in_context(asyncio.CancelledError(), _caused(DriverError(), TimeoutError()))
    assert classify_at_deadline(exc, nothing).outcome == TIMEOUT
    exc = _in_context(asyncio.CancelledError(), _os_error(errno.ETIMEDOUT))
    assert classify_at_deadline(exc, nothing).outcome == TIMEOUT


def test_shortage_before_the_deadline_is_a_timeout() -> None:
    """A shortage that was overcome before the deadline does not count."""
    exc = _in_context(asyncio.CancelledError(), _os_error(errno.EMFILE))
    assert classify_at_deadline(exc, nothing).outcome == TIMEOUT


def test_broken_classifier_at_the_deadline_is_a_timeout() -> None:
    """A checker whose ``classify`` raises has timed out at the deadline."""
    exc = _in_context(asyncio.CancelledError(), DriverError())
    assert classify_at_deadline(exc, _broken).outcome == TIMEOUT
