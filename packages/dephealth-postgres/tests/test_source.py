"""What is read from the application's pool: is it one, where does it connect, on which loop."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from dephealth import ConfigurationError
from dephealth_postgres import PostgresChecker, postgres_check
from dephealth_postgres._pool import names_of


def pool(*args: Any, **options: Any) -> Any:
    """A pool that is not connected, and never will be."""
    return asyncpg.create_pool(*args, min_size=0, **options)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("PG"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("args", "options", "told"),
    [
        (["postgres://u:p@pg.svc:5433/db"], {}, ("pg.svc", 5433)),
        (["postgres://pg.svc/db"], {}, ("pg.svc", 5432)),
        (["postgres://a:1,b:2/db?target_session_attrs=any"], {}, ("a", 1)),
        (["postgres://[2001:db8::1]:5433/db"], {}, ("2001:db8::1", 5433)),
        (["postgres:///db?host=/run/pg&port=5433"], {}, ("/run/pg", 5433)),
        (["postgres://pg.svc?sslmode=verify-full&sslrootcert=/nowhere"], {}, ("pg.svc", 5432)),
        (["postgres://pg.svc"], {"port": 5433}, ("pg.svc", 5433)),
        ([], {"host": "pg.svc", "port": 5433}, ("pg.svc", 5433)),
        ([], {"host": ["a", "b"], "port": [1, 2]}, ("a", 1)),
        ([], {"host": "/run/pg", "port": 5433}, ("/run/pg", 5433)),
        ([], {"host": "/run/pg/.s.PGSQL.5433"}, ("/run/pg", 5433)),
        ([], {"host": "pg.svc", "ssl": "require", "password": lambda: "secret"}, ("pg.svc", 5432)),
    ],
)
async def test_address_of_a_pool(
    args: list[str], options: dict[str, Any], told: tuple[str, int]
) -> None:
    """The address is the first that the pool is configured with."""
    source = pool(*args, **options)
    assert PostgresChecker(pool=source).locate(source) == told


async def test_address_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool that takes its address from the environment is located there."""
    monkeypatch.setenv("PGHOST", "pg.svc")
    monkeypatch.setenv("PGPORT", "5433")
    source = pool()
    assert PostgresChecker(pool=source).locate(source) == ("pg.svc", 5433)


async def test_no_password_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To tell the address no file of passwords is read, of which asyncpg may have to warn."""
    passwords = tmp_path / "pgpass"
    passwords.touch(0o644)
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    source = pool(host="pg.svc")
    assert PostgresChecker(pool=source).locate(source) == ("pg.svc", 5432)


async def test_address_set_later() -> None:
    """The address is the one that the pool connects to now."""
    source = pool("postgres://a")
    source.set_connect_args("postgres://b")
    assert PostgresChecker(pool=source).locate(source) == ("b", 5432)


async def test_socket_that_is_there(tmp_path: Path) -> None:
    """Of several sockets, as where nothing is configured, the first that exists counts."""
    (tmp_path / ".s.PGSQL.5432").touch()
    source = pool(host=["/nowhere", str(tmp_path)])
    assert PostgresChecker(pool=source).locate(source) == (str(tmp_path), 5432)


class OtherPool:
    """A pool that works like asyncpg's and is none."""

    acquire = release = get_size = get_max_size = get_idle_size = lambda *_: None


class OddPool(OtherPool):
    """One that keeps its arguments where asyncpg's pool does."""

    def __init__(self, connect: object = asyncpg.connect, **options: object) -> None:
        self._connect = connect
        self._connect_args = ()
        self._connect_kwargs = options


@pytest.mark.parametrize(
    "source",
    [
        OtherPool(),
        OddPool(host=[5]),
        OddPool(host="/run/.s.PGSQL.main"),
        OddPool(host="pg.svc", port="secret"),
        OddPool(connect=print),
    ],
)
def test_address_that_is_not_told(source: Any) -> None:
    """Where the address cannot be told, it is asked for."""
    with pytest.raises(ConfigurationError, match=r"give host= and port= as well") as failure:
        PostgresChecker(pool=source).locate(source)
    assert "secret" not in str(failure.value)


def test_names_that_are_not_told() -> None:
    """Where the address cannot be told, there is no name to look up."""
    assert names_of(OtherPool()) == names_of(OddPool(host="pg.svc", port="none")) == []
    assert names_of(OddPool(host=["a", "/run/pg", "b"])) == ["a", "b"]


def test_function_that_is_told_the_address() -> None:
    """A function of the application that makes the connections is believed to follow the pool."""
    source = OddPool(connect=print, host="pg.svc", port=5433)
    assert PostgresChecker(pool=source).locate(source) == ("pg.svc", 5433)


@pytest.mark.parametrize("source", ["postgres://pg.svc", asyncio.Queue(), 5])
def test_what_is_no_pool(source: object) -> None:
    """What is no pool is rejected by the name of its class."""
    kind = f"{type(source).__module__}.{type(source).__qualname__}"
    with pytest.raises(ConfigurationError, match=f"pool= must be .* not {kind}$"):
        postgres_check("db", pool=source, critical=True)


async def test_loop_of_a_pool() -> None:
    """A pool belongs to the loop that it was made on."""
    source = pool()
    assert PostgresChecker(pool=source).loop_of(source) is asyncio.get_running_loop()


def test_loop_that_is_not_told() -> None:
    """What shows no loop belongs to none that is known."""
    source = OtherPool()
    assert PostgresChecker(pool=source).loop_of(source) is None
