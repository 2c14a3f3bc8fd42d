"""What the package tells dephealth."""

from __future__ import annotations

import pytest

import dephealth_postgres
from dephealth import Dependency, Endpoint, api
from dephealth.api import PostgresChecker, postgres_check


def test_names_of_the_api() -> None:
    """The names of `dephealth.api` are those of the package."""
    assert postgres_check is dephealth_postgres.postgres_check
    assert PostgresChecker is dephealth_postgres.PostgresChecker
    assert api.postgres_check is postgres_check


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_schemes(scheme: str) -> None:
    """Both schemes of PostgreSQL are read, with its port."""
    dependency = postgres_check("db", url=f"{scheme}://a,b:5433/orders", critical=True)
    assert isinstance(dependency, Dependency)
    assert dependency.type == "postgres"
    assert dependency.endpoints == (Endpoint("a", "5432"), Endpoint("b", "5433"))


def test_unix_socket_has_a_port() -> None:
    """The port of a socket, which is part of its name, is PostgreSQL's if no other is given."""
    declared = (
        postgres_check("db", host="/run/postgresql", critical=True),
        postgres_check("db", url="postgresql:///orders?host=/run/postgresql", critical=True),
    )
    assert [found.endpoints[0].port for found in declared] == ["5432", "5432"]
