"""What is particular to Redis, on a connection of the check's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dephealth import Endpoint, check_once, dial
from dephealth_redis import RedisChecker
from dephealth_redis._connection import OwnConnection
from dephealth_testing import assert_nothing_left

if TYPE_CHECKING:
    from conftest import Check, FakeRedis

NOT_CONFIGURED = (
    "-ERR AUTH <password> called without any password configured for the default user. "
    "Are you sure your configuration is correct?"
)


async def test_pong_is_ok(check: Check) -> None:
    """A server that answers PONG is available."""
    result = await check()

    assert result.outcome is not None
    assert result.outcome.detail == "ok"


async def test_asks_no_more_than_needed(server: FakeRedis, check: Check) -> None:
    """Without credentials and database, PING is all that the server is asked."""
    await check()

    assert server.asked == [["PING"]]


async def test_logs_in_and_selects(server: FakeRedis, check: Check) -> None:
    """User, password and database are used as given, in the order of the protocol."""
    server.password = "pä ss"

    result = await check(username="app", password="pä ss", db=3)

    assert result.outcome is not None
    assert result.outcome.detail == "ok"
    assert server.asked == [["AUTH", "app", "pä ss"], ["SELECT", "3"], ["PING"]]


async def test_password_of_the_default_user(server: FakeRedis, check: Check) -> None:
    """A password alone is that of the default user."""
    server.password = "secret"

    result = await check(password="secret")

    assert result.outcome is not None
    assert result.outcome.detail == "ok"
    assert server.asked[0] == ["AUTH", "secret"]


def test_connection_names_itself() -> None:
    """The driver's own messages show the address and no password."""
    shown = repr(OwnConnection("h", 1, password="hunter2"))

    assert "host=h,port=1,db=0" in shown
    assert "hunter2" not in shown


async def test_connection_is_closed(server: FakeRedis, check: Check) -> None:
    """The server sees the end of the connection right after the check."""
    await check()

    await server.until(lambda: not server.open)
    assert server.connections == 1


@pytest.mark.parametrize(
    ("reply", "detail"),
    [
        ("+HELLO", "unhealthy"),
        ("*1\r\n+PONG", "unhealthy"),
        ("-LOADING Redis is loading the dataset in memory", "unhealthy"),
        ("-MASTERDOWN Link with MASTER is down", "unhealthy"),
        ("-CLUSTERDOWN The cluster is down", "unhealthy"),
        ("-BUSY Redis is busy running a script.", "unhealthy"),
        ("-MISCONF Redis is configured to save RDB snapshots", "unhealthy"),
        ("-NOAUTH Authentication required.", "auth_error"),
        ("-NOPERM User app has no permissions to run the 'ping' command", "auth_error"),
        ("-DENIED Redis is running in protected mode", "error"),
        ("-ERR max number of clients reached", "error"),
        ("-ERR unknown command 'PING'", "error"),
        ("HTTP/1.1 400 Bad Request", "error"),
        ("J\0\0\0\n8.0.36", "error"),
    ],
)
async def test_replies_to_ping(server: FakeRedis, check: Check, reply: str, detail: str) -> None:
    """What is not PONG is told apart, and no surprise."""
    server.replies["PING"] = reply.encode() + b"\r\n"

    result = await check()

    assert result.outcome is not None
    assert result.outcome.detail == detail
    assert result.expected


@pytest.mark.parametrize(
    ("reply", "detail"),
    [
        ("-WRONGPASS invalid username-password pair or user is disabled.", "auth_error"),
        ("-ERR invalid password", "auth_error"),
        ("-ERR Client sent AUTH, but no password is set", "auth_error"),
        (NOT_CONFIGURED, "auth_error"),
        ("-LOADING Redis is loading the dataset in memory", "unhealthy"),
        ("J\0\0\0\n8.0.36", "error"),
    ],
)
async def test_replies_to_auth(server: FakeRedis, check: Check, reply: str, detail: str) -> None:
    """A rejected password is an authentication error, and other replies are what they say."""
    server.replies["AUTH"] = reply.encode() + b"\r\n"

    result = await check(password="wrong")

    assert result.outcome is not None
    assert result.outcome.detail == detail
    assert result.expected


async def test_missing_password(server: FakeRedis, check: Check) -> None:
    """To have no password where one is asked for is an authentication error."""
    server.password = "secret"

    result = await check()

    assert result.outcome is not None
    assert result.outcome.detail == "auth_error"


async def test_unknown_database(server: FakeRedis, check: Check) -> None:
    """A database that the server does not have is an error that is understood."""
    server.replies["SELECT"] = b"-ERR DB index is out of range\r\n"

    result = await check(db=99)

    assert result.outcome is not None
    assert result.outcome.detail == "error"
    assert result.expected
    assert "DB index" in result.reason


@pytest.mark.parametrize("command", ["AUTH", "SELECT", "PING"])
async def test_deadline_in_each_phase(server: FakeRedis, command: str) -> None:
    """A server that falls silent at any command is a timeout that leaves nothing open."""
    server.password = "secret"
    server.held.add(command)
    checker = RedisChecker(password="secret", db=1)

    async with assert_nothing_left():
        result = await check_once(checker, server.endpoint, 0.2)
        server.release()
        await server.until(lambda: not server.open)

    assert result.outcome is not None
    assert result.outcome.detail == "timeout"


async def test_unix_socket(unix_server: FakeRedis) -> None:
    """A host that is a path is a unix socket, on which there is no TLS."""
    result = await check_once(RedisChecker(tls=True), unix_server.endpoint)

    assert result.outcome is not None
    assert result.outcome.detail == "ok"


async def test_missing_unix_socket(tmp_path: Path) -> None:
    """A unix socket that does not exist is one where nobody listens."""
    result = await check_once(RedisChecker(), Endpoint(str(tmp_path / "redis.sock"), "0"))

    assert result.outcome is not None
    assert result.outcome.detail == "connection_refused"


async def test_one_address_that_accepts_is_enough(server: FakeRedis) -> None:
    """Of several addresses the first that accepts is connected to."""
    with await dial(["::1", server.host], server.port) as sock:
        assert sock.getpeername() == (server.host, server.port)


async def test_refusal_at_all_addresses(server: FakeRedis) -> None:
    """If no address accepts, it is what the last one met."""
    await server.stop()
    with pytest.raises(ConnectionRefusedError):
        await dial(["::1", server.host], server.port)


@pytest.mark.parametrize(
    "answer",
    [
        b"$10737418240\r\n" + bytes(100_000),
        b"*1000000000\r\n" + b"$1\r\na\r\n" * 10_000,
        b"+" + b"A" * 100_000,
    ],
)
async def test_endless_answer(server: FakeRedis, check: Check, answer: bytes) -> None:
    """Of an answer that is too long to be one, little is taken in."""
    server.replies["PING"] = answer

    result = await check()

    assert result.expected
    assert "the answer is longer than 65536 bytes" in result.reason


@pytest.mark.parametrize("answer", [b"*1\r\n" * 5_000, b"$much\r\n", b":1.5\r\n"])
async def test_answer_without_sense(server: FakeRedis, check: Check, answer: bytes) -> None:
    """What redis-py stumbles over is an error that is known."""
    server.replies["PING"] = answer

    result = await check()

    assert result.expected
    assert result.outcome is not None
    assert result.outcome.detail == "error"
