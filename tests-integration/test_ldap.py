"""A real directory, asked on connections of the checks' own and through an application's."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import ldap3
import pytest
from ldap3 import Connection, Server

from dephealth import SingleCheck, check_once
from dephealth.api import DependencyHealth, Endpoint
from dephealth_ldap import LdapChecker, ldap_check
from dephealth_testing import assert_nothing_left
from private_servers import OpenLDAPServer
from waiting import first_results

MakeClient = Callable[..., Any]


@pytest.fixture
def own_server() -> Iterator[OpenLDAPServer]:
    """A server that a test may stop and start."""
    with OpenLDAPServer() as server:
        yield server


@pytest.fixture
def make_client() -> Iterator[MakeClient]:
    """Make connections as an application would, and close them in the end."""
    clients: list[Any] = []

    def make(server: OpenLDAPServer, **options: Any) -> Any:
        options = {"user": server.reader, "password": server.password, **options}
        client = Connection(Server(server.host, server.port), **{"auto_bind": True, **options})
        clients.append(client)
        return client

    yield make
    for client in clients:
        if client.socket is not None:
            client.socket.close()


def login(server: OpenLDAPServer) -> dict[str, Any]:
    """The options of who may read everything."""
    return {"bind_dn": server.reader, "bind_password": server.password}


async def ask(server: OpenLDAPServer, timeout: Any = 5.0, **options: Any) -> str:
    """What a check of *server* with these options comes to."""
    port = server.tls_port if options.get("tls") else server.port
    return detail(
        await check_once(LdapChecker(**options), Endpoint(server.host, str(port)), timeout)
    )


def detail(check: SingleCheck) -> str:
    """What a check came to; somebody must know what it means."""
    assert check.outcome is not None
    assert check.expected, check
    return check.outcome.detail


@pytest.mark.parametrize("method", ["anonymous_bind", "simple_bind", "root_dse", "search"])
@pytest.mark.parametrize("way", [{}, {"tls": True}, {"start_tls": True}])
async def test_methods(openldap_server: OpenLDAPServer, method: str, way: dict[str, Any]) -> None:
    """Every method works without TLS, with TLS from the first byte and on request."""
    server = openldap_server
    options = {**login(server), **way, "base_dn": server.private, "search_scope": "SUB"}
    options["tls_ca_file"] = str(server.certificates.ca_file)

    assert await ask(server, check_method=method.upper(), **options) == "ok"


async def test_rights(openldap_server: OpenLDAPServer) -> None:
    """What the server refuses is told by its result code."""
    server = openldap_server
    wrong = {"bind_dn": server.reader, "bind_password": "wrong"}
    search = {"check_method": "search", "base_dn": server.private}

    assert await ask(server, check_method="simple_bind", **wrong) == "auth_error"
    assert await ask(server, **search, **wrong) == "auth_error"
    assert await ask(server, **search) == "error"  # to nobody, the entry is not there
    assert await ask(server, **search, **login(server)) == "ok"


async def test_url(openldap_server: OpenLDAPServer) -> None:
    """An operator's URL has all that is needed."""
    server = openldap_server
    user, password = quote(server.reader, safe=""), quote(server.password, safe="")
    address = f"ldap://{user}:{password}@{server.host}:{server.port}/{server.private}"

    dependency = ldap_check("directory", url=address, check_method="search", critical=True)

    [endpoint] = dependency.endpoints
    assert detail(await check_once(dependency.checker, endpoint)) == "ok"


async def test_a_thousand_checks_leave_nothing(openldap_server: OpenLDAPServer) -> None:
    """A thousand checks, of which half fail, leave no socket and no thread."""
    checkers = [
        LdapChecker(check_method="simple_bind", bind_dn=openldap_server.reader, bind_password=word)
        for word in (openldap_server.password, "wrong")
    ]
    endpoint = Endpoint(openldap_server.host, str(openldap_server.port))
    async with assert_nothing_left():
        for _ in range(20):
            checks = (check_once(checker, endpoint) for checker in checkers for _ in range(25))
            assert {detail(check) for check in await asyncio.gather(*checks)} == {
                "ok",
                "auth_error",
            }


def test_sync_mode(openldap_server: OpenLDAPServer, make_client: MakeClient) -> None:
    """A connection belongs to no event loop, so a program without one may give it."""
    client = make_client(openldap_server)
    dh = DependencyHealth(
        "my-service",
        "my-team",
        ldap_check("ldap-server", client=client, critical=False),
        exporters=[],
    )

    dh.start_sync()
    asyncio.run(first_results(dh))
    dh.stop_sync()

    assert dh.health() == {"ldap-server": True}


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, "ok"),
        ({"check_method": "search", "base_dn": OpenLDAPServer.private}, "ok"),
        ({"check_method": "search", "base_dn": "dc=nowhere"}, "error"),
        ({"check_method": "anonymous_bind"}, "ok"),
        (
            {
                "check_method": "simple_bind",
                "bind_dn": OpenLDAPServer.reader,
                "bind_password": OpenLDAPServer.password,
            },
            "ok",
        ),
        (
            {
                "check_method": "simple_bind",
                "bind_dn": OpenLDAPServer.reader,
                "bind_password": "wrong",
            },
            "auth_error",
        ),
    ],
)
async def test_client_keeps_what_it_has(
    openldap_server: OpenLDAPServer,
    make_client: MakeClient,
    options: dict[str, Any],
    found: str,
) -> None:
    """The application is who it was, with what it has found, after every method."""
    client = make_client(openldap_server)
    client.search(openldap_server.private, "(objectClass=*)", attributes=["ou"])
    before = (client.result, client.response, client.request, client.entries, client.last_error)

    assert await ask(openldap_server, client=client, **options) == found

    after = (client.result, client.response, client.request, client.entries, client.last_error)
    assert all(now is then for now, then in zip(after, before, strict=True))
    assert client.extend.standard.who_am_i() == f"dn:{openldap_server.reader}"


async def test_application_that_searches_meanwhile(
    openldap_server: OpenLDAPServer, make_client: MakeClient
) -> None:
    """What the application finds in another thread is what it has searched for."""
    client = make_client(openldap_server)
    over = threading.Event()
    bases = [openldap_server.private, openldap_server.reader, openldap_server.suffix]
    found: list[str] = []

    def search() -> None:
        while not over.is_set():
            client.search(bases[len(found) % 3], "(objectClass=*)", ldap3.BASE)
            found.append(client.entries[0].entry_dn)

    searching = asyncio.create_task(asyncio.to_thread(search))
    details = {await ask(openldap_server, client=client) for _ in range(200)}
    over.set()
    await searching

    assert details == {"ok"}
    assert found == [bases[number % 3] for number in range(len(found))]


@pytest.mark.parametrize("mode", [ldap3.AUTO_BIND_NO_TLS, ldap3.AUTO_BIND_TLS_BEFORE_BIND])
async def test_hanging_server_and_a_client(
    own_server: OpenLDAPServer, make_client: MakeClient, mode: str
) -> None:
    """A check that meets a hang gives lock and connection back, which then work."""
    client = make_client(own_server, auto_bind=mode)
    sock = client.socket
    own_server.pause()

    for _ in range(2):
        assert await ask(own_server, 0.3, client=client) == "timeout"
        assert client.connection_lock.acquire(blocking=False)
        client.connection_lock.release()

    searching = asyncio.create_task(
        asyncio.to_thread(client.search, own_server.private, "(objectClass=*)", ldap3.BASE)
    )
    own_server.resume()
    assert await searching
    assert client.entries[0].entry_dn == own_server.private
    assert client.socket is sock
    assert await ask(own_server, client=client) == "ok"


async def test_restartable_client(own_server: OpenLDAPServer, make_client: MakeClient) -> None:
    """A connection that restarts by itself is as its server is."""
    client = make_client(own_server, client_strategy=ldap3.RESTARTABLE)
    own_server.stop()
    assert await ask(own_server, client=client) == "connection_refused"
    own_server.start()
    assert await ask(own_server, client=client) == "ok"

    assert client.search(own_server.private, "(objectClass=*)", ldap3.BASE)


@pytest.mark.filterwarnings("ignore:ssl.match_hostname:DeprecationWarning")
@pytest.mark.parametrize("way", ["ldaps", "start_tls"])
async def test_bind_beside_a_client_with_tls(
    openldap_server: OpenLDAPServer, certificates: Any, way: str
) -> None:
    """A bind on a connection of its own has the TLS of the application's."""
    server = openldap_server
    ca_file = str(server.certificates.ca_file)
    port = server.tls_port if way == "ldaps" else server.port
    mode = ldap3.AUTO_BIND_NO_TLS if way == "ldaps" else ldap3.AUTO_BIND_TLS_BEFORE_BIND
    for known in (ca_file, None):
        strict = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=ca_file)
        client = Connection(Server(server.host, port, way == "ldaps", tls=strict), auto_bind=mode)
        if known is None:
            strict.ca_certs_file = None

        found = await ask(server, client=client, check_method="simple_bind", **login(server))

        assert found == ("ok" if known else "tls_error")
        assert await ask(server, client=client) == "ok"
        client.unbind()
