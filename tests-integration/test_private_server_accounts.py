"""Who is let in by the private servers, and how: what the checkers' own tests build on."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

import provision
from private_servers import (
    MariaDBServer,
    OpenLDAPServer,
    PostgresServer,
    RabbitMQServer,
    RedisCluster,
    RedisSentinel,
    RedisServer,
    ServerError,
    require,
    wait_until,
)

if TYPE_CHECKING:
    from private_servers import Certificates, PrivateServer


def run(program: str, *arguments: str, **env: str) -> str:
    """Run a client program, and return all that it writes."""
    result = subprocess.run(
        [str(provision.find(program)), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **env},
        timeout=20,
    )
    return result.stdout


def psql(
    server: PostgresServer, user: str, *options: str, password: str = PostgresServer.password
) -> str:
    """Ask over TCP as `user`, with libpq's `options`, for the user's name."""
    address = f"host={server.host} port={server.port} dbname={server.database} user={user}"
    return run(
        "psql",
        *("-XAtc", "select current_user", " ".join([address, *options])),
        PGPASSWORD=password,
    )


def psql_tls(server: PostgresServer) -> tuple[str, ...]:
    """What makes psql insist on TLS, and on who made the certificate."""
    return ("sslmode=verify-ca", f"sslrootcert={server.certificates.ca_file}")


def psql_certificate(server: PostgresServer) -> tuple[str, ...]:
    """The same, with the client's certificate."""
    files = server.certificates
    return (*psql_tls(server), f"sslcert={files.client_certificate}", f"sslkey={files.client_key}")


NO_TLS = "sslmode=disable"


def test_postgres_lets_the_user_in_without_tls(postgres_server: PostgresServer) -> None:
    """The ordinary user needs a password only."""
    assert psql(postgres_server, postgres_server.user, NO_TLS) == "app\n"


def test_postgres_lets_the_user_in_with_tls(postgres_server: PostgresServer) -> None:
    """A client that trusts the authority trusts the server."""
    assert psql(postgres_server, postgres_server.user, *psql_tls(postgres_server)) == "app\n"


def test_postgres_lets_the_user_in_on_the_unix_socket(postgres_server: PostgresServer) -> None:
    """The folder of the socket stands for the host."""
    host = f"host={postgres_server.socket_folder}"
    assert psql(postgres_server, postgres_server.user, host) == "app\n"
    assert postgres_server.socket_path.is_socket()


@pytest.mark.parametrize("host", ["host=127.0.0.1", "host=socket"])
def test_postgres_refuses_a_wrong_password(postgres_server: PostgresServer, host: str) -> None:
    """No way in leads past the password."""
    host = host.replace("socket", str(postgres_server.socket_folder))
    answer = psql(postgres_server, postgres_server.user, host, NO_TLS, password="wrong")
    assert "password authentication failed" in answer


def test_postgres_lets_the_tls_user_in_with_tls(postgres_server: PostgresServer) -> None:
    """The user that must use TLS may."""
    answer = psql(postgres_server, postgres_server.tls_user, *psql_tls(postgres_server))
    assert answer == "app_tls\n"


def test_postgres_refuses_the_tls_user_without_tls(postgres_server: PostgresServer) -> None:
    """The user that must use TLS is rejected without."""
    assert "rejects connection" in psql(postgres_server, postgres_server.tls_user, NO_TLS)


def test_postgres_lets_the_certificate_user_in_with_a_certificate(
    postgres_server: PostgresServer,
) -> None:
    """The client certificate stands for the password."""
    options = psql_certificate(postgres_server)
    answer = psql(postgres_server, postgres_server.certificate_user, *options, password="none")
    assert answer == "app_certificate\n"


def test_postgres_refuses_the_certificate_user_without_a_certificate(
    postgres_server: PostgresServer,
) -> None:
    """A password does not stand for the client certificate."""
    options = psql_tls(postgres_server)
    answer = psql(postgres_server, postgres_server.certificate_user, *options)
    assert "valid client certificate" in answer


def test_postgres_keeps_the_outsider_from_the_database(postgres_server: PostgresServer) -> None:
    """The outsider's password is right, and of no use."""
    answer = psql(postgres_server, postgres_server.outsider, NO_TLS)
    assert "permission denied for database" in answer


def test_postgres_lets_in_as_many_as_it_was_told(certificates: Certificates) -> None:
    """A small `max_connections` is used up by as many clients."""
    require("postgresql")
    with PostgresServer(certificates=certificates, max_connections=2) as server:
        address = f"host={server.host} port={server.port} dbname=app user=app"
        question = ("-c", "select 'let in'", "-c", "select pg_sleep(60)")
        with ExitStack() as clients:
            for _ in range(2):
                client = clients.enter_context(
                    subprocess.Popen(
                        [str(provision.find("psql")), "-XAt", *question, address],
                        stdout=subprocess.PIPE,
                        text=True,
                        env={"PGPASSWORD": server.password},
                    )
                )
                clients.callback(client.kill)
                assert client.stdout is not None
                assert client.stdout.readline() == "let in\n"
            assert "remaining connection slots are reserved" in psql(server, server.user, NO_TLS)


def mariadb(
    server: MariaDBServer, user: str, *options: str, password: str = MariaDBServer.password
) -> str:
    """Ask over TCP as `user`, with the client's `options`, for the user's name."""
    login = (f"--user={user}", f"--password={password}", server.database)
    address = (f"--host={server.host}", f"--port={server.port}", "--protocol=tcp")
    return run(
        "mariadb", "--no-defaults", *address, *options, *login, "-Ne", "select current_user()"
    )


def mariadb_tls(server: MariaDBServer) -> tuple[str, ...]:
    """What makes the client insist on TLS, and on who made the certificate."""
    return (f"--ssl-ca={server.certificates.ca_file}", "--ssl-verify-server-cert")


def mariadb_certificate(server: MariaDBServer) -> tuple[str, ...]:
    """The same, with the client's certificate."""
    files = server.certificates
    client = (f"--ssl-cert={files.client_certificate}", f"--ssl-key={files.client_key}")
    return (*mariadb_tls(server), *client)


def test_mariadb_lets_the_user_in_without_tls(mariadb_server: MariaDBServer) -> None:
    """The ordinary user needs a password only."""
    assert mariadb(mariadb_server, mariadb_server.user, "--skip-ssl") == "app@%\n"


def test_mariadb_lets_the_user_in_with_tls(mariadb_server: MariaDBServer) -> None:
    """A client that trusts the authority trusts the server."""
    assert mariadb(mariadb_server, mariadb_server.user, *mariadb_tls(mariadb_server)) == "app@%\n"


def test_mariadb_lets_the_user_in_on_the_unix_socket(mariadb_server: MariaDBServer) -> None:
    """The socket's path stands for host and port."""
    options = ("--protocol=socket", f"--socket={mariadb_server.socket_path}")
    assert mariadb(mariadb_server, mariadb_server.user, *options) == "app@%\n"


def test_mariadb_refuses_a_wrong_password(mariadb_server: MariaDBServer) -> None:
    """The ordinary user needs the password."""
    answer = mariadb(mariadb_server, mariadb_server.user, "--skip-ssl", password="wrong")
    assert "ERROR 1045" in answer


def test_mariadb_refuses_the_administrator_over_tcp(mariadb_server: MariaDBServer) -> None:
    """Who has no password is let in on the unix socket only."""
    assert "ERROR 1045" in mariadb(mariadb_server, "root", "--skip-ssl", password="")


def test_mariadb_lets_the_tls_user_in_with_tls(mariadb_server: MariaDBServer) -> None:
    """The user that must use TLS may."""
    answer = mariadb(mariadb_server, mariadb_server.tls_user, *mariadb_tls(mariadb_server))
    assert answer == "app_tls@%\n"


def test_mariadb_refuses_the_tls_user_without_tls(mariadb_server: MariaDBServer) -> None:
    """The user that must use TLS is refused without."""
    assert "ERROR 1045" in mariadb(mariadb_server, mariadb_server.tls_user, "--skip-ssl")


def test_mariadb_lets_the_certificate_user_in_with_a_certificate(
    mariadb_server: MariaDBServer,
) -> None:
    """The user that must have a client certificate is let in with one."""
    options = mariadb_certificate(mariadb_server)
    answer = mariadb(mariadb_server, mariadb_server.certificate_user, *options)
    assert answer == "app_certificate@%\n"


def test_mariadb_refuses_the_certificate_user_without_a_certificate(
    mariadb_server: MariaDBServer,
) -> None:
    """The user that must have a client certificate is refused without."""
    options = mariadb_tls(mariadb_server)
    assert "ERROR 1045" in mariadb(mariadb_server, mariadb_server.certificate_user, *options)


def test_mariadb_keeps_the_outsider_from_the_database(mariadb_server: MariaDBServer) -> None:
    """The outsider's password is right, and of no use."""
    assert "ERROR 1044" in mariadb(mariadb_server, mariadb_server.outsider, "--skip-ssl")


def test_mariadb_lets_in_as_many_as_it_was_told(certificates: Certificates) -> None:
    """A small `max_connections` is used up by as many clients."""
    require("mariadb")
    with (
        MariaDBServer(certificates=certificates, max_connections=10) as server,
        ExitStack() as clients,
    ):
        for _ in range(10):
            client = socket.create_connection((server.host, server.port), 5)
            clients.enter_context(client)
            assert client.recv(1)
        assert "ERROR 1040" in mariadb(server, server.user, "--skip-ssl")


def redis(server: RedisServer | RedisSentinel, *arguments: str, port: int | None = None) -> str:
    """Run a command over TCP, after redis-cli's own options."""
    address = ("-h", server.host, "-p", str(port or server.port))
    return run("redis-cli", "--no-auth-warning", *address, *arguments)


def redis_tls(server: RedisServer) -> tuple[str, ...]:
    """What makes redis-cli use TLS, and insist on who made the certificate."""
    return ("--tls", "--cacert", str(server.certificates.ca_file))


def redis_certificate(server: RedisServer) -> tuple[str, ...]:
    """The same, with the client's certificate."""
    files = server.certificates
    client = ("--cert", str(files.client_certificate), "--key", str(files.client_key))
    return (*redis_tls(server), *client)


def redis_login(server: RedisServer) -> tuple[str, ...]:
    """What makes redis-cli log in as the user of the ACL."""
    return ("--user", server.user, "-a", server.user_password)


def test_redis_asks_the_default_user_for_the_password(redis_server: RedisServer) -> None:
    """Who gives no password may do nothing."""
    assert "NOAUTH" in redis(redis_server, "ping")


def test_redis_lets_the_default_user_in_with_the_password(redis_server: RedisServer) -> None:
    """Who gives the password needs no name."""
    assert redis_server.password is not None
    assert redis(redis_server, "-a", redis_server.password, "ping") == "PONG\n"


def test_redis_without_a_password_asks_for_none(certificates: Certificates) -> None:
    """A server may let in everybody."""
    require("redis")
    with RedisServer(certificates=certificates, password=None) as server:
        assert redis(server, "ping") == "PONG\n"


def test_redis_lets_the_user_in(redis_server: RedisServer) -> None:
    """The user of the ACL has a password of its own."""
    assert redis(redis_server, *redis_login(redis_server), "ping") == "PONG\n"


def test_redis_lets_in_on_the_unix_socket(redis_server: RedisServer) -> None:
    """The socket's path stands for host and port."""
    options = ("-s", str(redis_server.socket_path), *redis_login(redis_server))
    assert redis(redis_server, *options, "ping") == "PONG\n"


def test_redis_refuses_the_limited_user_every_command(redis_server: RedisServer) -> None:
    """The limited user's password is right, and of no use."""
    login = ("--user", redis_server.limited_user, "-a", redis_server.user_password)
    assert "NOPERM" in redis(redis_server, *login, "ping")


def test_redis_has_a_tls_port(redis_server: RedisServer) -> None:
    """A client that trusts the authority trusts the server."""
    options = (*redis_tls(redis_server), *redis_login(redis_server))
    assert redis(redis_server, *options, "ping", port=redis_server.tls_port) == "PONG\n"


def test_redis_may_have_a_tls_port_only(certificates: Certificates) -> None:
    """The only port of a server that is not plain is the one with TLS."""
    require("redis")
    with RedisServer(certificates=certificates, plain=False) as server:
        assert server.port == server.tls_port
        assert redis(server, *redis_tls(server), *redis_login(server), "ping") == "PONG\n"


def test_redis_may_ask_for_a_client_certificate(certificates: Certificates) -> None:
    """A server that asks for a client certificate answers with one only."""
    require("redis")
    with RedisServer(certificates=certificates, require_client_certificate=True) as server:
        port = server.tls_port
        refused = redis(server, *redis_tls(server), *redis_login(server), "ping", port=port)
        options = (*redis_certificate(server), *redis_login(server))
        assert "PONG" not in refused
        assert redis(server, *options, "ping", port=port) == "PONG\n"


def test_redis_cluster_has_all_slots(certificates: Certificates) -> None:
    """Any key has a place on the only node."""
    require("redis")
    with RedisCluster(certificates=certificates) as server:
        assert server.execute("set", "any key", "value") == "OK\n"


def test_redis_cluster_is_whole_after_a_kill(certificates: Certificates) -> None:
    """A cluster serves its keys as soon as it is started again."""
    require("redis")
    with RedisCluster(certificates=certificates) as server:
        server.execute("set", "any key", "value")
        server.kill()
        server.start()
        assert server.execute("get", "any key") == "value\n"


def test_redis_sentinel_knows_its_master(redis_server: RedisServer) -> None:
    """A client learns the master's port from the Sentinel."""
    with RedisSentinel(redis_server) as sentinel:
        question = ("sentinel", "get-master-addr-by-name", sentinel.name)
        assert redis(sentinel, *question) == f"{redis_server.host}\n{redis_server.port}\n"


def test_redis_sentinel_sees_that_its_master_is_down(certificates: Certificates) -> None:
    """A master is called down after it was killed, which shows that it was up before."""
    require("redis")
    with RedisServer(certificates=certificates) as server, RedisSentinel(server) as sentinel:

        def is_down() -> bool:
            return "s_down" in redis(sentinel, "sentinel", "master", sentinel.name)

        assert not is_down()
        server.kill()
        wait_until(is_down, seconds=10, what="master that is down")


def ldap_base(server: OpenLDAPServer, base: str, *, tls: bool = False) -> tuple[str, ...]:
    """What makes ldapsearch read one entry."""
    # Not localhost: libldap looks for the machine's own name in the certificate then.
    url = (
        f"ldaps://{server.host}:{server.tls_port}" if tls else f"ldap://{server.host}:{server.port}"
    )
    return ("-H", url, "-s", "base", "-b", base, "dn")


def ldap_login(user: str, password: str) -> tuple[str, ...]:
    """What makes ldapsearch bind."""
    return ("-D", user, "-w", password)


def test_openldap_lets_anonymous_read_the_suffix(openldap_server: OpenLDAPServer) -> None:
    """Who does not bind sees the top of the tree."""
    suffix = openldap_server.suffix
    assert openldap_server.search(*ldap_base(openldap_server, suffix)) == f"dn: {suffix}\n\n"


def test_openldap_hides_the_private_subtree_from_anonymous(
    openldap_server: OpenLDAPServer,
) -> None:
    """To who does not bind the private subtree is no object."""
    with pytest.raises(ServerError, match="No such object"):
        openldap_server.search(*ldap_base(openldap_server, openldap_server.private))


@pytest.mark.parametrize("user", [OpenLDAPServer.user, OpenLDAPServer.reader])
def test_openldap_shows_the_private_subtree_to_users(
    openldap_server: OpenLDAPServer, user: str
) -> None:
    """Who binds sees the private subtree."""
    login = ldap_login(user, openldap_server.password)
    found = openldap_server.search(*login, *ldap_base(openldap_server, openldap_server.private))
    assert found == f"dn: {openldap_server.private}\n\n"


@pytest.mark.parametrize("user", [OpenLDAPServer.user, OpenLDAPServer.reader])
def test_openldap_refuses_a_wrong_password(openldap_server: OpenLDAPServer, user: str) -> None:
    """Nobody binds without the password."""
    login = ldap_login(user, "wrong")
    with pytest.raises(ServerError, match="Invalid credentials"):
        openldap_server.search(*login, *ldap_base(openldap_server, openldap_server.suffix))


def test_openldap_starts_tls(openldap_server: OpenLDAPServer) -> None:
    """A client that trusts the authority can insist on StartTLS."""
    assert openldap_server.search("-ZZ", *ldap_base(openldap_server, openldap_server.suffix))


def test_openldap_has_a_tls_port(openldap_server: OpenLDAPServer) -> None:
    """A client that trusts the authority trusts the server."""
    assert openldap_server.search(*ldap_base(openldap_server, openldap_server.suffix, tls=True))


def test_openldap_may_ask_for_a_client_certificate(certificates: Certificates) -> None:
    """A server that asks for a client certificate answers over TLS with one only."""
    require("openldap")
    with OpenLDAPServer(certificates=certificates, require_client_certificate=True) as server:
        question = ldap_base(server, server.suffix, tls=True)
        with pytest.raises(ServerError, match="contact LDAP server"):
            server.search(*question)
        assert server.search(*question, client_certificate=True)


def amqp_over_tls(server: PrivateServer, port: int, *, client_certificate: bool = False) -> bytes:
    """Greet over TLS, and return how the answer begins."""
    files = server.certificates
    context = ssl.create_default_context(cafile=files.ca_file)
    if client_certificate:
        context.load_cert_chain(files.client_certificate, files.client_key)
    with (
        socket.create_connection((server.host, port), 5) as connection,
        context.wrap_socket(connection, server_hostname="localhost") as secured,
    ):
        secured.sendall(b"AMQP\0\0\x09\x01")
        return secured.recv(1)


def test_rabbitmq_has_a_tls_port(rabbitmq_server: RabbitMQServer) -> None:
    """A client that trusts the authority trusts the server."""
    assert amqp_over_tls(rabbitmq_server, rabbitmq_server.tls_port) == b"\x01"


def test_rabbitmq_may_ask_for_a_client_certificate(certificates: Certificates) -> None:
    """A server that asks for a client certificate answers over TLS with one only."""
    require("rabbitmq")
    with RabbitMQServer(certificates=certificates, require_client_certificate=True) as server:
        # Whether its alert comes through, or the end of the connection before, is chance.
        with pytest.raises(OSError, match=r"certificate required|EOF occurred|reset by peer"):
            amqp_over_tls(server, server.tls_port)
        assert amqp_over_tls(server, server.tls_port, client_certificate=True) == b"\x01"


@pytest.mark.parametrize("user", [RabbitMQServer.user, RabbitMQServer.outsider])
def test_rabbitmq_knows_the_password(rabbitmq_server: RabbitMQServer, user: str) -> None:
    """The password of each user is right."""
    rabbitmq_server.rabbitmqctl("authenticate_user", user, rabbitmq_server.password)


def test_rabbitmq_refuses_a_wrong_password(rabbitmq_server: RabbitMQServer) -> None:
    """Another password is not right."""
    with pytest.raises(ServerError, match="failed to authenticate"):
        rabbitmq_server.rabbitmqctl("authenticate_user", rabbitmq_server.user, "wrong")


@pytest.mark.parametrize("vhost", [RabbitMQServer.vhost, RabbitMQServer.other_vhost])
def test_rabbitmq_gives_the_user_alone_a_right_to_a_vhost(
    rabbitmq_server: RabbitMQServer, vhost: str
) -> None:
    """In each vhost the user has all rights, and the outsider none."""
    permissions = rabbitmq_server.rabbitmqctl("list_permissions", "-p", vhost)
    assert permissions.splitlines()[1:] == ["app\t.*\t.*\t.*"]
