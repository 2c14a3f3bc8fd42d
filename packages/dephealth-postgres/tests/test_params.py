"""The options of a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dephealth import ConfigurationError, check_once, reveal
from dephealth_postgres import PostgresChecker, postgres_check

if TYPE_CHECKING:
    from conftest import FakePostgres


def params_of(url: str) -> object:
    """What a checker keeps of the options of *url*."""
    checker = postgres_check("db", url=url, critical=True).checker
    assert isinstance(checker, PostgresChecker)
    return reveal(checker.params)


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ("", None),
        ("application_name=a&search_path=b", {"application_name": "a", "search_path": "b"}),
        ("target_session_attrs=read-write&load_balance_hosts=random", None),
        ("hostaddr=192.0.2.1&connect_timeout=3&command_timeout=1&timeout=9", None),
        ("channel_binding=require&keepalives=1&gssencmode=disable", None),
        ("prepared_statement_cache_size=0&client_encoding=auto", None),
        ("application_name=", None),
        ("sslmode=require", {"sslmode": "require"}),
        ("sslmode=VERIFY_FULL", {"sslmode": "verify-full"}),
        ("ssl=true", {"sslmode": "require"}),
        ("ssl=false", None),
        ("ssl=verify-ca", {"sslmode": "verify-ca"}),
        ("ssl=true&sslmode=disable", {"sslmode": "disable"}),
    ],
)
def test_what_is_kept(options: str, kept: object) -> None:
    """Options that route, time out or are unknown to the server do not reach asyncpg."""
    assert params_of(f"postgresql+asyncpg://db.svc/orders?{options}") == kept


def test_other_ecosystems() -> None:
    """The modes of JDBC and Npgsql are read as libpq's."""
    assert params_of("jdbc:postgresql://db.svc/orders?ssl=true") == {"sslmode": "require"}
    assert params_of("Host=db.svc;SSL Mode=VerifyFull") == {"sslmode": "verify-full"}


@pytest.mark.parametrize("option", ["sslmode=hunter2", "ssl=hunter2"])
def test_unknown_mode(option: str) -> None:
    """A mode that does not exist is an error at start, which does not quote it."""
    with pytest.raises(ConfigurationError, match="sslmode is none of: disable, allow") as error:
        params_of(f"postgres://db.svc/orders?{option}")
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("params", ["sslmode=require", {"application_name": 1}, {1: "x"}])
def test_params_of_another_kind(params: object) -> None:
    """Options that are no texts are an error at start."""
    with pytest.raises(ConfigurationError, match="mapping of texts"):
        PostgresChecker(params=params)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("params", "secrets"),
    [
        ({"statement_timeout": "0", "search_path": "app"}, set()),
        ({"application_name": "token"}, {"token"}),
        ({"sslpassword": "abc", "search_path": "abc"}, {"abc"}),
        ({"search_path": "pwd"}, {"pwd"}),
    ],
)
def test_short_options_are_no_secrets(params: dict[str, str], secrets: set[str]) -> None:
    """An option that is too short for a secret does not make texts unreadable."""
    password = "pwd" if "pwd" in secrets else None
    checker = PostgresChecker(params=params, password=password)
    assert {secret.reveal() for secret in checker.secrets()} == secrets


async def test_user_and_password_in_the_options(server: FakePostgres) -> None:
    """User, password and database may stand after the question mark."""
    server.password = "pass&word"
    url = f"postgres://{server.endpoint}?user=app&password=pass%26word&dbname=orders"
    dependency = postgres_check("db", url=url, critical=True)

    result = await check_once(dependency.checker, dependency.endpoints[0])

    assert result.reason == ""
    assert server.logins[0]["user"] == "app"
    assert server.logins[0]["database"] == "orders"
