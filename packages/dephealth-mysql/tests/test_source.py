"""What is read from the application's pool: is it one, where does it connect, on which loop."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiomysql
import pytest

from dephealth import ConfigurationError, Endpoint
from dephealth_mysql import MySQLChecker, mysql_check


async def pool(**options: Any) -> Any:
    """A pool that is not connected, and never will be."""
    return await aiomysql.create_pool(minsize=0, **options)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"host": "mysql.svc", "port": 3307}, ("mysql.svc", 3307)),
        ({"host": "mysql.svc", "user": "app"}, ("mysql.svc", 3306)),
        ({"user": "app"}, ("localhost", 3306)),
        ({"host": "2001:db8::1"}, ("2001:db8::1", 3306)),
        ({"unix_socket": "/run/mysqld.sock"}, ("/run/mysqld.sock", 0)),
        ({"host": "mysql.svc", "unix_socket": ""}, ("mysql.svc", 3306)),
    ],
)
async def test_address_of_a_pool(options: dict[str, Any], told: tuple[str, int]) -> None:
    """The address is the one that the pool is configured with, or the driver's own."""
    source = await pool(**options)
    assert MySQLChecker(pool=source).locate(source) == told
    assert Endpoint(told[0], str(told[1])).host == told[0]


class OtherPool:
    """A pool that works like aiomysql's and is none."""

    acquire = release = size = maxsize = freesize = None


async def test_address_in_a_file(tmp_path: Path) -> None:
    """A pool that reads its address from a file is asked for it."""
    source = await pool(host="mysql.svc", read_default_file=str(tmp_path / "my.cnf"))
    with pytest.raises(ConfigurationError, match=r"give host= and port= as well"):
        mysql_check("db", pool=source, critical=True).checker.locate(source)  # type: ignore[attr-defined]


def test_address_that_is_not_told() -> None:
    """Where the address cannot be told, it is asked for."""
    source = OtherPool()
    with pytest.raises(ConfigurationError, match=r"give host= and port= as well"):
        MySQLChecker(pool=source).locate(source)


@pytest.mark.parametrize("source", ["mysql://mysql.svc", asyncio.Queue(), 5])
def test_what_is_no_pool(source: object) -> None:
    """What is no pool is rejected by the name of its class."""
    kind = f"{type(source).__module__}.{type(source).__qualname__}"
    with pytest.raises(ConfigurationError, match=f"pool= must be .* not {kind}$"):
        mysql_check("db", pool=source, critical=True)


async def test_loop_of_a_pool() -> None:
    """A pool belongs to the loop that it was made on."""
    source = await pool()
    assert MySQLChecker(pool=source).loop_of(source) is asyncio.get_running_loop()


def test_loop_that_is_not_told() -> None:
    """What shows no loop belongs to none that is known."""
    source = OtherPool()
    assert MySQLChecker(pool=source).loop_of(source) is None
