"""What every exception of redis-py means."""

from __future__ import annotations

import inspect

import pytest
from redis import exceptions
from redis._parsers.socket import SERVER_CLOSED_CONNECTION_ERROR
from redis.asyncio.connection import Connection, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.sentinel import MasterNotFoundError, SlaveNotFoundError

from dephealth import Endpoint, check_once
from dephealth_redis import RedisChecker
from dephealth_redis._client import _explained
from dephealth_redis._errors import CLOSED

MEANING = {
    "AskError": "error",
    "AuthenticationError": "auth_error",
    "AuthenticationWrongNumberOfArgsError": "auth_error",
    "AuthorizationError": "auth_error",
    "BusyLoadingError": "unhealthy",
    "ChildDeadlockedError": "error",
    "ClusterCrossSlotError": "error",
    "ClusterDownError": "unhealthy",
    "ClusterError": "error",
    "ConnectionError": "error",
    "CrossSlotTransactionError": "error",
    "DataError": "error",
    "ExecAbortError": "error",
    "ExternalAuthProviderError": "error",
    "IncorrectPolicyType": "error",
    "InvalidPipelineStack": "error",
    "InvalidResponse": "error",
    "LockError": "error",
    "LockNotOwnedError": "error",
    "MasterDownError": "unhealthy",
    "MaxConnectionsError": "error",
    "ModuleError": "error",
    "MovedError": "error",
    "NoPermissionError": "auth_error",
    "NoScriptError": "error",
    "NoSuchFieldsetError": "error",
    "OutOfMemoryError": "error",
    "PubSubError": "error",
    "ReadOnlyError": "error",
    "RedisClusterException": "error",
    "RedisError": "error",
    "ResponseError": "error",
    "SlotNotCoveredError": "error",
    "TimeoutError": "timeout",
    "TryAgainError": "error",
    "WatchError": "error",
}
CLASSES = [
    found
    for _, found in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(found, Exception)
]
TEXTS = {"AskError": "1 host:2", "MovedError": "1 host:2"}


class Raising(RedisChecker):
    """A checker whose check raises what the test wants."""

    failure: BaseException

    async def check(self, endpoint: Endpoint) -> None:
        raise self.failure


async def meaning(failure: BaseException) -> str:
    checker = Raising()
    object.__setattr__(checker, "failure", failure)
    result = await check_once(checker, Endpoint("h", "1"))
    assert result.outcome is not None
    return result.outcome.detail


@pytest.mark.parametrize("found", CLASSES)
async def test_every_class(found: type[Exception]) -> None:
    """Each exception class of the driver means what the table says."""
    failure = found(TEXTS.get(found.__name__, "some text"))

    assert await meaning(failure) == MEANING[found.__name__]


@pytest.mark.parametrize("found", [MasterNotFoundError, SlaveNotFoundError])
async def test_sentinels_classes(found: type[Exception]) -> None:
    """That Sentinel knows no server is an error of no special kind."""
    assert await meaning(found("no master")) == "error"


def test_text_of_an_ended_connection() -> None:
    """The one text that is looked at is the driver's own."""
    assert CLOSED == SERVER_CLOSED_CONNECTION_ERROR


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (CLOSED, "connection_reset"),
        ("NOAUTH Authentication required.", "error"),
    ],
)
async def test_texts_of_a_connection_error(text: str, detail: str) -> None:
    """An ended connection is told by its text, and nothing else is."""
    assert await meaning(exceptions.ConnectionError(text)) == detail


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("NOAUTH", "auth_error"),
        ("WRONGPASS", "auth_error"),
        ("NOPERM", "auth_error"),
        ("LOADING", "unhealthy"),
        ("MASTERDOWN", "unhealthy"),
        ("CLUSTERDOWN", "unhealthy"),
        ("BUSY", "unhealthy"),
        ("MISCONF", "unhealthy"),
        ("ERR", "error"),
    ],
)
async def test_codes_without_a_class(code: str, detail: str) -> None:
    """A reply for which the driver has no class is told by the code that it begins with."""
    assert await meaning(exceptions.ResponseError(f"{code} NOAUTH text")) == detail


@pytest.mark.parametrize("wrapper", [exceptions.ConnectionError, exceptions.RedisClusterException])
async def test_cause_decides(wrapper: type[Exception]) -> None:
    """What the driver has put another exception into means what that one means."""
    failure = wrapper("Error 111 connecting to h:1")
    failure.__cause__ = ConnectionRefusedError()

    assert await meaning(failure) == "connection_refused"


async def test_reply_decides() -> None:
    """What the server says itself is no wrapper, whatever went before."""
    failure = exceptions.AuthenticationError("invalid password")
    failure.__context__ = ConnectionRefusedError()

    assert await meaning(failure) == "auth_error"


@pytest.mark.parametrize(
    ("kind", "error", "detail"),
    [
        (Connection, ConnectionResetError(), "connection_reset"),
        (SSLConnection, ConnectionResetError(), "tls_error"),
        (SSLConnection, ConnectionAbortedError(), "tls_error"),
        (SSLConnection, ConnectionRefusedError(), "connection_refused"),
        (UnixDomainSocketConnection, FileNotFoundError(), "connection_refused"),
        (SSLConnection, FileNotFoundError(), "error"),
    ],
)
async def test_phase_decides(kind: type, error: OSError, detail: str) -> None:
    """What an error of connecting means depends on what was being connected."""
    failure = exceptions.ConnectionError("Error 1 connecting to h:1")
    failure.__context__ = error
    with pytest.raises(exceptions.ConnectionError), _explained(kind):
        raise failure

    assert await meaning(failure) == detail
