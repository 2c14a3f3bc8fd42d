"""What aiomysql's exceptions say."""

from __future__ import annotations

import struct

import aiomysql

CANNOT_CONNECT = 2003
LOST = frozenset({CANNOT_CONNECT, 2006, 2013})
"""Numbers of a connection that failed; the exception's cause says why, if it has one."""

DENIED = frozenset(
    {
        *(1044, 1045, 1698),  # no right to the database, wrong user or password
        1130,  # no right to connect from this host
        1862,  # the password has expired
        *(3118, 4151),  # the account is locked: MySQL, MariaDB
    }
)
"""Numbers with which a server does not let the user in."""

ENDED = frozenset({1053, 1927, 3169, 4031})
"""Numbers that announce the end of the session: shut down, killed (MariaDB, MySQL), idle."""

STUMBLES = (
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    UnboundLocalError,
    ValueError,
    struct.error,
)
"""What aiomysql raises when it is sent what is no MySQL."""

_CLIENT_S = range(2000, 3000)
"""Numbers of errors that no server sends."""


def number_of(exc: BaseException | None) -> int | None:
    """MySQL's number of *exc*; None if it has none."""
    number = exc.args[0] if isinstance(exc, aiomysql.MySQLError) and exc.args else None
    return number if isinstance(number, int) else None


def was_sent(exc: BaseException | None) -> bool:
    """Whether *exc* is an error that the server sent: it answered."""
    number = number_of(exc)
    return number is not None and number not in _CLIENT_S
