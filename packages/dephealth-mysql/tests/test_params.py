"""The options of a URL."""

from __future__ import annotations

import pytest

from dephealth import ConfigurationError
from dephealth_mysql import MySQLChecker, mysql_check


def params_of(url: str) -> object:
    """What a checker keeps of the options of *url*."""
    checker = mysql_check("db", url=url, critical=True).checker
    assert isinstance(checker, MySQLChecker)
    return checker.params


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ("", None),
        (
            "charset=latin1&auth_plugin=mysql_clear_password&program-name=a",
            {"charset": "latin1", "auth_plugin": "mysql_clear_password", "program_name": "a"},
        ),
        ("autocommit=1&connect_timeout=3&init_command=SET+x&sql_mode=ANSI&local_infile=1", None),
        ("connection_limit=5&pool_timeout=2&allowPublicKeyRetrieval=true", None),
        ("charset=", None),
        ("ssl-mode=DISABLED", {"ssl-mode": "DISABLED"}),
        ("ssl-mode=PREFERRED", {"ssl-mode": "PREFERRED"}),
        ("ssl_mode=required", {"ssl-mode": "REQUIRED"}),
        ("sslMode=Verify_CA", {"ssl-mode": "VERIFY_CA"}),
        ("ssl-mode=VERIFY_IDENTITY", {"ssl-mode": "VERIFY_IDENTITY"}),
        ("sslmode=verify-full", {"ssl-mode": "VERIFY_IDENTITY"}),
        ("ssl=true", {"ssl-mode": "REQUIRED"}),
        ("ssl=0", {"ssl-mode": "DISABLED"}),
        ("ssl=VERIFY_IDENTITY", {"ssl-mode": "VERIFY_IDENTITY"}),
        ("ssl=true&ssl-mode=VERIFY_IDENTITY", {"ssl-mode": "VERIFY_IDENTITY"}),
    ],
)
def test_what_is_kept(options: str, kept: object) -> None:
    """Options that a check has no use for are left out; modes of TLS are read as MySQL's."""
    assert params_of(f"mysql+aiomysql://db.svc/orders?{options}") == kept


def test_other_ecosystems() -> None:
    """The modes of JDBC and ADO.NET are read as MySQL's."""
    assert params_of("jdbc:mysql://db.svc/orders?ssl=true") == {"ssl-mode": "REQUIRED"}
    assert params_of("Server=db.svc;SSL Mode=VerifyFull") == {"ssl-mode": "VERIFY_IDENTITY"}
    assert params_of("Server=db.svc;SslMode=None") == {"ssl-mode": "DISABLED"}


@pytest.mark.parametrize("option", ["ssl-mode=hunter2", "ssl=hunter2", "charset=hunter2"])
def test_unknown_value(option: str) -> None:
    """A value that does not exist is an error at start, which does not quote it."""
    with pytest.raises(ConfigurationError, match=r"(ssl-mode|charset) is none ") as error:
        params_of(f"mysql://db.svc/orders?{option}")
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("option", ["unix_socket", "socket"])
def test_socket_in_the_url(option: str) -> None:
    """A socket beside a host is an error at start, since the host would be told and not asked."""
    with pytest.raises(ConfigurationError, match=r"host='/run/…/mysqld\.sock', port=0"):
        params_of(f"mysql://localhost/orders?{option}=/run/mysqld/mysqld.sock")


def test_key_without_certificate() -> None:
    """A key alone is an error at start."""
    with pytest.raises(ConfigurationError, match="needs tls_cert_file"):
        params_of("mysql://db.svc/orders?ssl-key=/run/key.pem")


@pytest.mark.parametrize("params", ["ssl-mode=REQUIRED", {"charset": 1}, {1: "x"}])
def test_params_of_another_kind(params: object) -> None:
    """Options that are no texts are an error at start."""
    with pytest.raises(ConfigurationError, match="mapping of texts"):
        MySQLChecker(params=params)  # type: ignore[arg-type]
