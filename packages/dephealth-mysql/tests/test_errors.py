"""Every exception of aiomysql has a meaning."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl

import aiomysql
import pytest
from pymysql import err  # type: ignore[import-untyped]
from pymysql.constants import CR, ER  # type: ignore[import-untyped]

from dephealth import (
    AUTH_ERROR,
    CONNECTION_REFUSED,
    CONNECTION_RESET,
    DNS_ERROR,
    ERROR,
    HOST_UNREACHABLE,
    NETWORK_UNREACHABLE,
    TIMEOUT,
    TLS_ERROR,
    Endpoint,
    Outcome,
    check_once,
)
from dephealth_mysql import MySQLChecker
from dephealth_mysql._errors import DENIED, ENDED, LOST, was_sent

RAISED = [
    cls for cls in vars(err).values() if isinstance(cls, type) and issubclass(cls, err.MySQLError)
]
SENT = {name: number for name, number in vars(ER).items() if name.isupper()}
OWN = {name: number for name, number in vars(CR).items() if name.startswith("CR_")}

NOT_LET_IN = {
    "DBACCESS_DENIED_ERROR",
    "ACCESS_DENIED_ERROR",
    "HOST_NOT_PRIVILEGED",
    "MUST_CHANGE_PASSWORD_LOGIN",
}
ABOUT_A_STATEMENT = {
    "TABLEACCESS_DENIED_ERROR",
    "COLUMNACCESS_DENIED_ERROR",
    "SPECIFIC_ACCESS_DENIED_ERROR",
    "PROCACCESS_DENIED_ERROR",
    "MUST_CHANGE_PASSWORD",
    "PASSWORD_ANONYMOUS_USER",
    "PASSWORD_NOT_ALLOWED",
    "PASSWORD_NO_MATCH",
    "KILL_DENIED_ERROR",
}


@pytest.mark.parametrize("cls", RAISED)
@pytest.mark.parametrize("args", [(), ("text",), (1146, "text"), (9999, "text")])
def test_every_exception_is_mapped(cls: type[Exception], args: tuple[object, ...]) -> None:
    """An exception of the driver is an error that is known, unless its number says more."""
    assert MySQLChecker().classify(cls(*args)) == ERROR


def test_no_exception_is_overlooked() -> None:
    """What aiomysql offers as an exception was looked at."""
    offered = {getattr(aiomysql, name) for name in aiomysql.__all__}
    errors = {cls for cls in offered if isinstance(cls, type) and issubclass(cls, BaseException)}
    assert len(errors) == 11
    assert errors == set(RAISED)


def test_every_number_of_the_server() -> None:
    """A login ends as an authentication error by those numbers that let nobody in."""
    meant = {}
    for name, number in SENT.items():
        exc = aiomysql.OperationalError(number, "text")
        assert was_sent(exc)
        meant[name] = MySQLChecker().classify(exc)
    assert {name for name in meant if meant[name] == AUTH_ERROR} == NOT_LET_IN & SENT.keys()
    assert set(meant.values()) == {AUTH_ERROR, ERROR}


def test_no_number_about_rights_is_overlooked() -> None:
    """Every number that sounds like missing rights is on one of the two lists."""
    sounding = {name for name in SENT if re.search("DENIED|PASSWORD|PRIVILEGED", name)}
    assert sounding == (NOT_LET_IN | ABOUT_A_STATEMENT) & SENT.keys()
    assert {SENT[name] for name in NOT_LET_IN & SENT.keys()} <= DENIED
    assert ENDED - {1927, 3169, 4031} == {SENT["SERVER_SHUTDOWN"]}


@pytest.mark.parametrize("number", sorted(set(OWN.values())))
def test_every_number_of_the_driver(number: int) -> None:
    """What the driver says by itself is no answer of the server."""
    exc = aiomysql.OperationalError(number, "text")
    assert not was_sent(exc)
    assert MySQLChecker().classify(exc) == (CONNECTION_RESET if number in LOST else ERROR)


def test_numbers_of_lost_connections() -> None:
    """The numbers of connections that failed are the driver's."""
    names = ("CONN_HOST_ERROR", "SERVER_GONE_ERROR", "SERVER_LOST")
    assert {OWN[f"CR_{name}"] for name in names} == LOST


@pytest.mark.parametrize("number", sorted(LOST))
@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (ConnectionRefusedError(111, "refused"), CONNECTION_REFUSED),
        (OSError(113, "no route"), HOST_UNREACHABLE),
        (OSError(101, "no network"), NETWORK_UNREACHABLE),
        (OSError(110, "gone"), TIMEOUT),
        (TimeoutError(), TIMEOUT),
        (socket.gaierror(-2, "unknown"), DNS_ERROR),
        (ssl.SSLCertVerificationError(1, "expired"), TLS_ERROR),
        (ConnectionResetError(), TLS_ERROR),
        (ConnectionResetError(104, "reset"), CONNECTION_RESET),
        (asyncio.IncompleteReadError(b"", 4), CONNECTION_RESET),
        (FileNotFoundError(2, "no socket"), CONNECTION_REFUSED),
        (PermissionError(13, "not allowed"), ERROR),
    ],
)
async def test_cause_of_a_lost_connection(number: int, cause: Exception, told: Outcome) -> None:
    """A connection that failed means what its cause says."""

    class Failing(MySQLChecker):
        async def check(self, endpoint: Endpoint) -> None:
            raise aiomysql.OperationalError(number, "lost") from cause

    result = await check_once(Failing(), Endpoint("localhost", "1"))
    assert (result.outcome, result.expected) == (told, True)
