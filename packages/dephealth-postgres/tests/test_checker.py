"""A check on a connection of its own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest

from dephealth import Endpoint, check_once
from dephealth_postgres import PostgresChecker, postgres_check
from dephealth_testing import assert_nothing_left

if TYPE_CHECKING:
    from conftest import Check, FakePostgres

URL = "postgres://app:pass%20word@{0.host}:{0.port}/orders?application_name=probe"


async def test_answered_query_is_ok(server: FakePostgres, check: Check) -> None:
    """A server that answers the query works."""
    assert await check() == "ok"
    assert server.asked == ["SELECT 1"]


async def test_own_query(server: FakePostgres, check: Check) -> None:
    """The query can be another one."""
    assert await check(query="SELECT now()") == "ok"
    assert server.asked == ["SELECT now()"]


async def test_url_says_who_and_what(server: FakePostgres) -> None:
    """User, password, database and settings of the URL reach the server."""
    server.password = "pass word"
    dependency = postgres_check("db", url=URL.format(server.endpoint), critical=True)

    result = await check_once(dependency.checker, dependency.endpoints[0])

    assert result.reason == ""
    (login,) = server.logins
    assert (login["user"], login["database"]) == ("app", "orders")
    assert login["application_name"] == "probe"


async def test_endpoint_alone_is_asked(
    server: FakePostgres, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the environment nor the URL routes a check to another server."""
    monkeypatch.setenv("PGHOST", "192.0.2.1")
    monkeypatch.setenv("PGTARGETSESSIONATTRS", "primary")
    params = {"target_session_attrs": "primary", "host": "192.0.2.1", "port": "1"}

    assert await check(params=params) == "ok"
    assert server.asked == ["SELECT 1"]  # and not whether it is a replica


async def test_missing_password_is_the_driver_s_business(
    server: FakePostgres, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password that is not given comes from where asyncpg looks for it."""
    server.password = "from the environment"
    monkeypatch.setenv("PGPASSWORD", server.password)
    assert await check() == "ok"


async def test_statement_has_no_name(server: FakePostgres, check: Check) -> None:
    """Nothing is prepared that a pooler between would confuse."""
    await check()
    assert server.names == {""}


async def test_wrong_password(server: FakePostgres, check: Check) -> None:
    """A rejected password is an authentication error."""
    server.password = "right"
    assert await check(password="wrong") == "auth_error"


@pytest.mark.parametrize(
    ("sqlstate", "told"),
    [
        ("28000", "auth_error"),
        ("28P01", "auth_error"),
        ("42501", "auth_error"),
        ("3D000", "error"),
        ("53300", "error"),
        ("57P03", "error"),
        ("08P01", "error"),
        ("XX999", "error"),
    ],
)
async def test_refused_login(server: FakePostgres, check: Check, sqlstate: str, told: str) -> None:
    """Why the server lets nobody in is told by its code."""
    server.refusal = sqlstate
    assert await check() == told


@pytest.mark.parametrize("sqlstate", ["42P01", "42501", "57014", "08P01", "XX999"])
async def test_rejected_query(server: FakePostgres, check: Check, sqlstate: str) -> None:
    """Any error that the server sends about the query is a query error."""
    server.errors["SELECT 1"] = sqlstate
    assert await check() == "query_error"


async def test_lost_connection(server: FakePostgres, check: Check) -> None:
    """A connection that ends in the middle of the query is reset."""
    server.held.add("SELECT 1")
    checking = asyncio.create_task(check())
    await server.until(lambda: server.asked == ["SELECT 1"])
    server.hang_up()
    assert await checking == "connection_reset"


async def test_server_is_left_in_order(server: FakePostgres, check: Check) -> None:
    """A check says goodbye, so that the server logs no lost client."""
    await check()
    assert server.goodbyes == 1
    await server.until(lambda: not server.open)


async def test_goodbye_without_end(server: FakePostgres, check: Check) -> None:
    """A server that answers and then does not let go has answered."""
    server.held.add("goodbye")
    async with assert_nothing_left():
        assert await check() == "ok"
        server.release()
        await server.until(lambda: not server.open)


async def test_slow_query_is_stopped(server: FakePostgres, check: Check) -> None:
    """At the deadline the server is asked to stop the query, which may wait for a lock."""
    server.held.add("SELECT 1")
    for _ in range(5):  # on a busy machine the request may be too late
        assert await check(timeout=0.2) == "timeout"
        if server.cancels:
            break
    assert server.cancels == 1
    await server.until(lambda: not server.open)


@pytest.mark.parametrize("phase", ["login", "SELECT 1", "goodbye"])
async def test_cancelled_check_leaves_nothing(server: FakePostgres, phase: str) -> None:
    """A check that is cancelled while it waits for the server closes its connection."""
    server.held.add(phase)
    checker = PostgresChecker(username="app")
    async with assert_nothing_left():
        checking = asyncio.create_task(check_once(checker, server.endpoint))
        await server.until(
            lambda: bool(server.goodbyes if phase == "goodbye" else server.open and server.logins)
        )
        if phase == "SELECT 1":
            await server.until(lambda: bool(server.asked))
        checking.cancel()
        await asyncio.wait([checking], timeout=1)
        assert checking.cancelled()
        server.release()
        await server.until(lambda: not server.open)


async def test_unix_socket(unix_server: FakePostgres, check: Check) -> None:
    """A host that is a folder means the socket in it."""
    assert await check(unix_server.endpoint) == "ok"


async def test_unix_socket_needs_no_tls(
    unix_server: FakePostgres, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no TLS on a socket, so that its files need not be there."""
    there = unix_server.endpoint
    params = {"sslmode": "verify-full", "sslrootcert": "/nowhere.pem", "sslnegotiation": "direct"}
    assert await check(there, params=params) == "ok"
    assert await check(there, tls=True) == "ok"
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", "/nowhere.pem")
    assert await check(there) == "ok"


async def test_missing_unix_socket(check: Check) -> None:
    """A socket that is not there is one that nobody listens on."""
    assert await check(Endpoint("/nowhere", "5432")) == "connection_refused"


async def test_second_address(server: FakePostgres, check: Check) -> None:
    """A name with two addresses, one of which is refused, leads to the other one."""
    assert await check(Endpoint("localhost", str(server.port))) == "ok"


async def test_refused_at_every_address(server: FakePostgres, check: Check) -> None:
    """A name all of whose addresses are refused is refused."""
    server.refuse()
    assert await check(Endpoint("localhost", str(server.port))) == "connection_refused"


async def test_names_need_no_executor(server: FakePostgres, check: Check) -> None:
    """A name is looked up although every thread of the loop's executor is busy."""
    finished = Event()
    with ThreadPoolExecutor(1) as executor:
        asyncio.get_running_loop().set_default_executor(executor)
        executor.submit(finished.wait)
        try:
            assert await check(Endpoint("localhost", str(server.port))) == "ok"
        finally:
            finished.set()


async def test_options_of_a_replaced_checker() -> None:
    """A checker can be made of another one's options."""
    checker = PostgresChecker(params={"application_name": "probe"}, password="secret")
    again = PostgresChecker(params=checker.params, password=checker.password)
    assert again == checker


def test_secrets_show_nowhere() -> None:
    """Neither the password nor the options of the URL are in the repr."""
    checker = PostgresChecker(password="hunter2", params={"sslpassword": "hunter3"})
    assert "hunter" not in repr(checker)
