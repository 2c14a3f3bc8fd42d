"""How an exception becomes an outcome (docs/metrics.md)."""

from __future__ import annotations

import asyncio
import errno
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from ._outcome import (
    CONNECTION_REFUSED,
    CONNECTION_RESET,
    DNS_ERROR,
    ERROR,
    HOST_UNREACHABLE,
    NETWORK_UNREACHABLE,
    TIMEOUT,
    TLS_ERROR,
    Outcome,
)
from .errors import CheckError

ErrorTable = Mapping[type[BaseException], Outcome]
Classifier = Callable[[BaseException], Outcome | None]

_STDLIB: ErrorTable = {
    TimeoutError: TIMEOUT,
    ConnectionRefusedError: CONNECTION_REFUSED,
    ConnectionError: CONNECTION_RESET,
    asyncio.IncompleteReadError: CONNECTION_RESET,
    socket.gaierror: DNS_ERROR,
    ssl.SSLError: TLS_ERROR,
}
_BY_ERRNO: Mapping[int, Outcome] = {
    errno.ECONNREFUSED: CONNECTION_REFUSED,
    errno.ECONNRESET: CONNECTION_RESET,
    errno.ECONNABORTED: CONNECTION_RESET,
    errno.EPIPE: CONNECTION_RESET,
    errno.ENETUNREACH: NETWORK_UNREACHABLE,
    errno.ENETDOWN: NETWORK_UNREACHABLE,
    errno.EHOSTUNREACH: HOST_UNREACHABLE,
    errno.EHOSTDOWN: HOST_UNREACHABLE,
    errno.ETIMEDOUT: TIMEOUT,
}
_SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
_ERRNO_IN_TEXT = re.compile(r"\[Errno (\d{1,9})\]")


class Finding(NamedTuple):
    """What a failed check turned out to mean.

    `outcome` is None if our own process lacks something (file descriptors,
    memory, threads), so that nothing was learnt. `cause` is the exception that
    decided, `expected` whether anybody knew it.
    """

    outcome: Outcome | None
    cause: BaseException
    expected: bool = True


def classify(exc: BaseException, own: Classifier) -> Finding:
    """What the failed check that raised *exc* means.

    The exception, its causes and the members of groups are tried from the
    outside in; for each, *own*, the checker's knowledge, comes before that of
    the standard library.
    """
    links = list(_chain(exc))
    for link in links:
        if _is_shortage(link):
            return Finding(None, link)
    for link in links:
        finding = _look_up(link, own)
        if finding is not None:
            return finding
    return Finding(ERROR, exc, expected=False)


def classify_at_deadline(exc: BaseException | None, own: Classifier) -> Finding:
    """What a check means that its deadline ended, leaving with *exc*.

    What was known before the cancellation (a refusal between two attempts of a
    client that retries, a name still being resolved) says more than that time
    ran out; what came after it says nothing.
    """
    struck = False
    for link in _chain(exc) if exc is not None else ():
        if isinstance(link, asyncio.CancelledError):
            struck = True
        elif struck and not isinstance(link, TimeoutError):
            finding = None if _is_shortage(link) else _look_up(link, own)
            if finding is not None and finding.expected and finding.outcome != TIMEOUT:
                return finding
    return Finding(TIMEOUT, TimeoutError("no answer within the timeout"))


def lookup(table: ErrorTable, exc: BaseException) -> Outcome | None:
    """The entry of *table* for the most specific class of *exc*."""
    return next((table[cls] for cls in type(exc).__mro__ if cls in table), None)


def _look_up(exc: BaseException, own: Classifier) -> Finding | None:
    try:
        outcome: object = exc.outcome if isinstance(exc, CheckError) else own(exc)
        if outcome is None:
            outcome = _from_stdlib(exc)
        if outcome is not None and not isinstance(outcome, Outcome):
            raise TypeError(f"{outcome!r:.80} is no Outcome")
    except Exception as broken:  # noqa: BLE001  # a checker's classify() is code of others
        return Finding(ERROR, broken, expected=False)
    return None if outcome is None else Finding(outcome, exc)


def _from_stdlib(exc: BaseException) -> Outcome | None:
    if isinstance(exc, OSError):
        by_number = _BY_ERRNO.get(exc.errno) if exc.errno is not None else _from_several(exc)
        if by_number is not None:
            return by_number
    return lookup(_STDLIB, exc)


def _from_several(exc: OSError) -> Outcome | None:
    """The outcome of asyncio's "Multiple exceptions: …", which carries no code.

    It stands for one attempt per address of the host. A refusal says most: that
    address was reached.
    """
    text = str(exc)
    if not text.startswith("Multiple exceptions:"):
        return None
    found = [_BY_ERRNO.get(int(number)) for number in _ERRNO_IN_TEXT.findall(text)]
    known = [outcome for outcome in found if outcome is not None]
    return CONNECTION_REFUSED if CONNECTION_REFUSED in known else next(iter(known), None)


def _is_shortage(exc: BaseException) -> bool:
    match exc:
        case OSError():
            return exc.errno in _SHORTAGES and not isinstance(exc, ssl.SSLError | socket.gaierror)
        case RuntimeError():
            # CPython has neither a class nor a code for this one.
            return exc.args[:1] == ("can't start new thread",)
        case _:
            return isinstance(exc, MemoryError)


def _chain(exc: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [exc]
    while waiting:
        link = waiting.pop()
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        below = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
        if below is not None:
            waiting.append(below)
        if isinstance(link, BaseExceptionGroup):
            waiting.extend(reversed(link.exceptions))
