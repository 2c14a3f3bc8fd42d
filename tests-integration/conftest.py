"""Real servers as fixtures: each starts when the first test asks for it, and serves all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import provision
import reliability
from private_servers import (
    Certificates,
    MariaDBServer,
    OpenLDAPServer,
    PostgresServer,
    RabbitMQServer,
    RedisServer,
    require,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority that the servers below trust, and who trusts it trusts them."""
    return Certificates.write(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def postgres_server(certificates: Certificates) -> Iterator[PostgresServer]:
    """A running PostgreSQL server: a test leaves it as it was."""
    require("postgresql")
    with PostgresServer(certificates=certificates) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server(certificates: Certificates) -> Iterator[MariaDBServer]:
    """A running MariaDB server: a test leaves it as it was."""
    require("mariadb")
    with MariaDBServer(certificates=certificates) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(certificates: Certificates) -> Iterator[RedisServer]:
    """A running Redis server that asks for a password: a test leaves it as it was."""
    require("redis")
    with RedisServer(certificates=certificates) as server:
        yield server


@pytest.fixture(scope="session")
def openldap_server(certificates: Certificates) -> Iterator[OpenLDAPServer]:
    """A running OpenLDAP server: a test leaves it as it was."""
    require("openldap")
    with OpenLDAPServer(certificates=certificates) as server:
        yield server


@pytest.fixture(scope="session")
def rabbitmq_server(certificates: Certificates) -> Iterator[RabbitMQServer]:
    """A running RabbitMQ server: a test leaves it as it was."""
    require("rabbitmq")
    with RabbitMQServer(certificates=certificates) as server:
        yield server


def pytest_addoption(parser: pytest.Parser) -> None:
    """Have `--write-reliability`."""
    parser.addoption(
        "--write-reliability", action="store_true", help="renew docs/reliability.md from this run"
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what was found, if asked to."""
    if session.config.getoption("write_reliability") and not session.testsfailed:
        reliability.write()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the servers that the tests could not start."""
    missing = provision.missing()
    if missing:
        terminalreporter.section("servers that are not installed")
        for program in missing:
            terminalreporter.line(f"{program.name}: {provision.install_command([program])}")
        terminalreporter.line("all of them: python tests-integration/provision.py, as root")
