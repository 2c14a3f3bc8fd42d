"""What the package tells dephealth."""

from __future__ import annotations

import pytest

import dephealth_mysql
from dephealth import Dependency, Endpoint, api
from dephealth_mysql import MySQLChecker, mysql_check


def test_names_of_the_api() -> None:
    """The names of `dephealth.api` are those of the package."""
    assert mysql_check is dephealth_mysql.mysql_check
    assert api.mysql_check is mysql_check
    assert api.MySQLChecker is MySQLChecker


@pytest.mark.parametrize("scheme", ["mysql", "mysql+aiomysql", "jdbc:mysql"])
def test_schemes(scheme: str) -> None:
    """A URL names its hosts, whose port is MySQL's if no other is given."""
    dependency = mysql_check("db", url=f"{scheme}://a:3307,b:3308/orders", critical=True)
    assert isinstance(dependency, Dependency)
    assert dependency.type == "mysql"
    assert dependency.endpoints == (Endpoint("a", "3307"), Endpoint("b", "3308"))
    assert mysql_check("db", url=f"{scheme}://a", critical=True).endpoints[0].port == "3306"


def test_unix_socket_has_no_port() -> None:
    """The endpoint of a socket has the port 0, which is its label."""
    declared = (
        mysql_check("db", host="/run/mysqld/mysqld.sock", critical=True),
        mysql_check("db", url="mysql://%2Frun%2Fmysqld%2Fmysqld.sock/orders", critical=True),
    )
    assert [found.endpoints[0].port for found in declared] == ["0", "0"]
