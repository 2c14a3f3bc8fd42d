"""A check on a connection of its own."""

from __future__ import annotations

import asyncio
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import aiomysql
import pytest

from dephealth import Endpoint, check_once
from dephealth_mysql import MySQLChecker, mysql_check
from dephealth_mysql._connecting import OwnConnection
from dephealth_testing import assert_nothing_left

if TYPE_CHECKING:
    from conftest import Check, FakeMySQL

ELSEWHERE = "127.0.0.2"
"""Where no one listens."""

URL = "mysql://app:pass%20word@{0.host}:{0.port}/orders?charset=latin1&program_name=probe"


async def test_answered_query_is_ok(server: FakeMySQL, check: Check) -> None:
    """A server that answers the query works."""
    assert await check() == "ok"
    assert server.asked == ["SELECT 1"]


async def test_own_query(server: FakeMySQL, check: Check) -> None:
    """The query can be another one, with percent signs that mean nothing."""
    assert await check(query="SELECT '%s'") == "ok"
    assert server.asked == ["SELECT '%s'"]


async def test_query_without_rows(check: Check) -> None:
    """A statement that is carried out is as good an answer as rows."""
    assert await check(query="DO 1") == "ok"


async def test_all_statements_count(server: FakeMySQL, check: Check) -> None:
    """Of several statements the last one too must be answered."""
    query = "SELECT 1; SELECT nothing"
    assert await check(query=query) == "ok"
    server.errors["SELECT nothing"] = 1054
    assert await check(query=query) == "query_error"


async def test_warnings_are_nobody_s(server: FakeMySQL, check: Check) -> None:
    """Warnings about the query are neither asked for nor repeated."""
    server.warnings = 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert await check() == "ok"
    assert server.asked == ["SELECT 1"]


async def test_url_says_who_and_what(server: FakeMySQL) -> None:
    """User, password, database and options of the URL reach the server."""
    server.password = "pass word"
    dependency = mysql_check("db", url=URL.format(server.endpoint), critical=True)

    result = await check_once(dependency.checker, dependency.endpoints[0])

    assert result.reason == ""
    assert server.logins == [
        {"user": "app", "database": "orders", "charset": 8, "program_name": "probe"}
    ]


@pytest.mark.parametrize("password", ["plain", "größe", "5 €"])
async def test_password_in_utf_8(server: FakeMySQL, check: Check, password: str) -> None:
    """A password reaches the server in UTF-8, as servers are told of it."""
    server.password = password
    assert await check(password=password) == "ok"


async def test_wrong_password(server: FakeMySQL, check: Check) -> None:
    """A rejected password is an authentication error."""
    server.password = "right"
    assert await check(password="wrong") == "auth_error"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (1044, "auth_error"),
        (1045, "auth_error"),
        (1698, "auth_error"),
        (1130, "auth_error"),
        (1862, "auth_error"),
        (3118, "auth_error"),
        (4151, "auth_error"),
        (1040, "error"),
        (1049, "error"),
        (1053, "error"),
        (1129, "error"),
        (3159, "error"),
    ],
)
async def test_refused_login(server: FakeMySQL, check: Check, number: int, told: str) -> None:
    """Why the server lets nobody in is told by its number."""
    server.refusal = number
    async with assert_nothing_left():
        assert await check() == told
        await server.until(lambda: not server.open)


@pytest.mark.parametrize("number", [1064, 1142, 1146, 1205, 1227, 1317, 1370, 1644, 999])
async def test_rejected_query(server: FakeMySQL, check: Check, number: int) -> None:
    """Any error that the server sends about the query is a query error."""
    server.errors["SELECT 1"] = number
    assert await check() == "query_error"
    await server.until(lambda: server.goodbyes == 1)


@pytest.mark.parametrize("number", [1053, 1927, 3169, 4031])
async def test_ended_session(server: FakeMySQL, check: Check, number: int) -> None:
    """A server that says that it ends the session cuts the connection."""
    server.errors["SELECT 1"] = number
    assert await check() == "connection_reset"


async def test_lost_connection(server: FakeMySQL, check: Check) -> None:
    """A connection that ends in the middle of the query is reset."""
    server.held.add("SELECT 1")
    checking = asyncio.create_task(check())
    await server.until(lambda: server.asked == ["SELECT 1"])
    server.hang_up()
    assert await checking == "connection_reset"


async def test_server_is_left_in_order(server: FakeMySQL, check: Check) -> None:
    """A check says goodbye, so that the server counts no lost client."""
    await check()
    await server.until(lambda: server.goodbyes == 1 and not server.open)


async def test_goodbye_to_nobody(server: FakeMySQL) -> None:
    """A connection that was lost before the goodbye is closed without one."""
    connection = OwnConnection(**server.address, user="app")
    await connection.open([server.endpoint.host])
    server.hang_up()
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(connection._reader.read(), 1)
    await connection.leave()
    assert connection.closed


@pytest.mark.parametrize("phase", ["greeting", "login", "SELECT 1"])
async def test_cancelled_check_leaves_nothing(server: FakeMySQL, phase: str) -> None:
    """A check that is cancelled while it waits for the server closes its connection."""
    server.held.add(phase)
    checker = MySQLChecker(username="app")
    async with assert_nothing_left():
        checking = asyncio.create_task(check_once(checker, server.endpoint))
        await server.until(lambda: phase in server.holding)
        checking.cancel()
        await asyncio.wait([checking], timeout=1)
        assert checking.cancelled()
        server.release()
        await server.until(lambda: not server.open)


@pytest.mark.parametrize("phase", ["greeting", "login", "SELECT 1"])
async def test_hung_server(server: FakeMySQL, check: Check, phase: str) -> None:
    """A server that hangs is a timeout in any phase."""
    server.held.add(phase)
    assert await check(timeout=0.2) == "timeout"


async def test_unix_socket(server: FakeMySQL, check: Check, tmp_path: Path) -> None:
    """A host that is a path means the socket there, which needs no TLS."""
    path = str(tmp_path / "mysqld.sock")

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner = await asyncio.open_connection(server.endpoint.host, int(server.endpoint.port))
        await asyncio.gather(copy(reader, inner[1]), copy(inner[0], writer))

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            writer.write(data)
        writer.close()

    async with await asyncio.start_unix_server(relay, path):
        assert await check(Endpoint(path, "0")) == "ok"
        assert await check(Endpoint(path, "0"), tls=True) == "ok"
        await server.until(lambda: not server.open)


async def test_missing_unix_socket(check: Check) -> None:
    """A socket that is not there is one that nobody listens on."""
    assert await check(Endpoint("/nowhere", "0")) == "connection_refused"


async def test_second_address(server: FakeMySQL) -> None:
    """If the first address of a host is refused, the second is connected to."""
    connection = OwnConnection(**server.address, user="app")
    await connection.open([ELSEWHERE, server.endpoint.host])
    await connection.leave()
    await server.until(lambda: server.goodbyes == 1)


async def test_address_that_answers(server: FakeMySQL) -> None:
    """The first address that answers counts, be it with an error."""
    server.refusal = 1040
    with pytest.raises(aiomysql.OperationalError, match="1040"):
        await OwnConnection(**server.address).open([server.endpoint.host, ELSEWHERE])


async def test_refused_at_every_address(server: FakeMySQL) -> None:
    """A host all of whose addresses are refused is refused."""
    server.refuse()
    with pytest.raises(aiomysql.OperationalError, match="2003") as failure:
        await OwnConnection(**server.address).open([server.endpoint.host, ELSEWHERE])
    assert isinstance(failure.value.__cause__, ConnectionRefusedError)


async def test_names_need_no_executor(server: FakeMySQL, check: Check) -> None:
    """A name is looked up although every thread of the loop's executor is busy."""
    finished = Event()
    with ThreadPoolExecutor(1) as executor:
        asyncio.get_running_loop().set_default_executor(executor)
        executor.submit(finished.wait)
        try:
            assert await check(Endpoint("localhost", server.endpoint.port)) == "ok"
        finally:
            finished.set()


async def test_options_of_a_replaced_checker() -> None:
    """A checker can be made of another one's options."""
    checker = MySQLChecker(params={"charset": "utf8mb4"}, password="secret")
    again = MySQLChecker(params=checker.params, password=checker.password)
    assert again == checker


def test_secrets_show_nowhere() -> None:
    """Neither the password nor what else is in a URL's options is in the repr."""
    checker = MySQLChecker(password="hunter2", params={"password": "hunter3"})
    assert "hunter" not in repr(checker)
