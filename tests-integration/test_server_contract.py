"""The kit's contract before a server, which plugin authors get too, passed by our own checkers."""

from __future__ import annotations

from urllib.parse import quote

import pytest

import dephealth_ldap.plugin
import dephealth_mysql.plugin
import dephealth_postgres.plugin
import dephealth_redis.plugin
from dephealth_testing import ServerContract
from private_servers import (
    PASSWORD,
    MariaDBServer,
    OpenLDAPServer,
    PostgresServer,
    PrivateServer,
    RedisServer,
)

Address = tuple[str, int]

LOGIN = quote(PASSWORD, safe="")


def _address(server: PrivateServer) -> Address:
    return server.host, server.port


class TestRedis(ServerContract):
    plugin = dephealth_redis.plugin
    type = "redis"
    url = f"redis://:{LOGIN}@{{host}}:{{port}}"

    @pytest.fixture
    def server(self, redis_server: RedisServer) -> Address:
        """Where Redis answers."""
        return _address(redis_server)


class TestPostgres(ServerContract):
    plugin = dephealth_postgres.plugin
    type = "postgres"
    url = f"postgres://{PostgresServer.user}:{LOGIN}@{{host}}:{{port}}/{PostgresServer.database}"

    @pytest.fixture
    def server(self, postgres_server: PostgresServer) -> Address:
        """Where PostgreSQL answers."""
        return _address(postgres_server)


class TestMySQL(ServerContract):
    plugin = dephealth_mysql.plugin
    type = "mysql"
    url = f"mysql://{MariaDBServer.user}:{LOGIN}@{{host}}:{{port}}/{MariaDBServer.database}"

    @pytest.fixture
    def server(self, mariadb_server: MariaDBServer) -> Address:
        """Where MariaDB answers."""
        return _address(mariadb_server)


class TestLdap(ServerContract):
    plugin = dephealth_ldap.plugin
    type = "ldap"
    url = f"ldap://{quote(OpenLDAPServer.user)}:{LOGIN}@{{host}}:{{port}}"

    @pytest.fixture
    def server(self, openldap_server: OpenLDAPServer) -> Address:
        """Where OpenLDAP answers."""
        return _address(openldap_server)
