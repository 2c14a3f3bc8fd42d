"""What the exceptions of redis-py mean (README.md, "What it reports")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from redis import exceptions

from dephealth import (
    AUTH_ERROR,
    CONNECTION_RESET,
    ERROR,
    TIMEOUT,
    UNHEALTHY,
    ErrorTable,
    Outcome,
    lookup,
)

CLOSED = "Connection closed by server."
"""All that redis-py says of a connection that the server has ended: no class, no code."""

ERRORS: ErrorTable = {
    exceptions.RedisError: ERROR,
    exceptions.RedisClusterException: ERROR,
    exceptions.TimeoutError: TIMEOUT,
    exceptions.AuthenticationError: AUTH_ERROR,
    exceptions.AuthenticationWrongNumberOfArgsError: AUTH_ERROR,
    exceptions.AuthorizationError: AUTH_ERROR,
    exceptions.NoPermissionError: AUTH_ERROR,
    exceptions.BusyLoadingError: UNHEALTHY,
    exceptions.ClusterDownError: UNHEALTHY,
}

REPLIES = (
    exceptions.ResponseError,
    exceptions.AuthenticationError,
    exceptions.AuthorizationError,
    exceptions.BusyLoadingError,
)
"""What redis-py makes of the server's error replies."""

_BY_CODE: Mapping[str, Outcome] = {
    "NOAUTH": AUTH_ERROR,
    "WRONGPASS": AUTH_ERROR,
    "NOPERM": AUTH_ERROR,
    "LOADING": UNHEALTHY,
    "MASTERDOWN": UNHEALTHY,
    "CLUSTERDOWN": UNHEALTHY,
    "BUSY": UNHEALTHY,
    "MISCONF": UNHEALTHY,
}
"""Error replies by the code that they begin with, where redis-py has no class for them."""

STUMBLES = (ValueError, RecursionError)
"""What redis-py raises of an answer that it cannot make sense of, beside its own classes."""

_WRAPPERS = (exceptions.ConnectionError, exceptions.RedisClusterException)
"""Classes, themselves and not their children, that redis-py puts around what happened."""


def outcome_of(exc: BaseException) -> Outcome | None:
    """What *exc* means, None if that is for its cause to say."""
    if isinstance(exc, exceptions.ResponseError):
        by_code = _BY_CODE.get(str(exc).partition(" ")[0])
        if by_code is not None:
            return by_code
    if str(exc) == CLOSED:
        return CONNECTION_RESET
    if type(exc) in _WRAPPERS and beneath(exc) is not None:
        return None
    return lookup(ERRORS, exc)


def no_redis() -> exceptions.InvalidResponse:
    """What to raise when the server speaks another protocol."""
    return exceptions.InvalidResponse("the answer is none of the Redis protocol")


def is_cut(exc: BaseException) -> bool:
    """Whether *exc* is of the connection, not of what the server says on it."""
    return type(exc) is exceptions.ConnectionError


def beneath(exc: BaseException) -> BaseException | None:
    """What *exc* was raised for."""
    return exc.__cause__ or (None if exc.__suppress_context__ else exc.__context__)


def failed_to_connect(exc: BaseException) -> Iterator[OSError]:
    """Of *exc* and what it was raised for, the errors of opening a connection."""
    link: BaseException | None = exc
    while link is not None:
        below = beneath(link)
        # The phase stands in the text alone.
        if is_cut(link) and " connecting to " in str(link) and isinstance(below, OSError):
            yield below
        link = below
