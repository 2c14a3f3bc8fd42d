"""Questions through the application's connection, and how it is left."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import ldap3
import pytest

from dephealth import Endpoint, check_once
from dephealth.api import DependencyHealth
from dephealth_ldap import LdapChecker, ldap_check
from dephealth_testing import assert_nothing_left

if TYPE_CHECKING:
    from conftest import FakeDirectory, MakeClient

ANYWHERE = Endpoint("client.invalid", "1")
"""A client knows by itself where to go."""
SEARCH: dict[str, Any] = {"check_method": "search", "base_dn": "dc=checked"}
LOGIN = {"bind_dn": "cn=x", "bind_password": "secret"}
BINDS = [{"check_method": "anonymous_bind"}, {"check_method": "simple_bind", **LOGIN}]
KEPT = ["result", "response", "request", "_entries", "socket"]
STRATEGIES = [ldap3.SYNC, ldap3.SAFE_SYNC, ldap3.RESTARTABLE, ldap3.SAFE_RESTARTABLE]


async def ask(client: Any, timeout: Any = 5.0, **options: Any) -> str:
    check = await check_once(LdapChecker(client=client, **options), ANYWHERE, timeout)
    assert check.outcome is not None
    assert check.expected, check
    return check.outcome.detail


def seen_by(client: Any) -> dict[str, Any]:
    """What the application can see of its connection."""
    names = (
        "result", "response", "request", "_entries", "last_error", "bound", "closed", "listening",
        "socket", "user", "tls_started", "server",
    )  # fmt: skip
    return {
        **{name: getattr(client, name) for name in names},
        "outstanding": dict(client.strategy._outstanding),
        "timeout": client.socket.gettimeout(),
        "usage": client.usage and dict(vars(client.usage)),
    }


def search_for(client: Any, dn: str) -> str:
    """What the application finds when it searches for *dn*."""
    given = client.search(dn, "(cn=*)", ldap3.BASE, attributes=["cn"])
    response = given[2] if isinstance(given, tuple) else client.response
    return str(response[0]["dn"])


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("options", [{}, SEARCH, LOGIN, {**SEARCH, **LOGIN}])
async def test_asked_on_the_connection(
    directory: FakeDirectory, make_client: MakeClient, strategy: str, options: dict[str, Any]
) -> None:
    """A question goes over the application's connection, without a login and without a goodbye."""
    client = make_client(client_strategy=strategy)

    assert await ask(client, **options) == "ok"

    assert directory.kinds == ["bindRequest", "searchRequest"]
    assert directory.connections == 1


@pytest.mark.parametrize("options", BINDS)
async def test_bind_methods(
    directory: FakeDirectory, make_client: MakeClient, options: dict[str, Any]
) -> None:
    """A bind goes over a connection of its own, for it would change who the application is."""
    client = make_client()
    before = seen_by(client)

    assert await ask(client, **options) == "ok"

    assert directory.connections == 2
    assert seen_by(client) == before
    assert directory.kinds[:2] == ["bindRequest", "bindRequest"]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("code", [0, 4, 32, 51])
@pytest.mark.parametrize("options", [{}, {"raise_exceptions": True, "collect_usage": True}])
async def test_leaves_no_trace(
    directory: FakeDirectory,
    make_client: MakeClient,
    strategy: str,
    code: int,
    options: dict[str, Any],
) -> None:
    """What the application has found stays, whatever a check finds."""
    client = make_client(client_strategy=strategy, receive_timeout=7, **options)
    search_for(client, "dc=mine")
    entries = [str(entry) for entry in client.entries]
    before = seen_by(client)
    kept = [getattr(client, name) for name in KEPT]
    directory.codes["searchRequest"] = code

    await ask(client, **SEARCH)

    assert seen_by(client) == before
    assert all(getattr(client, name) is value for name, value in zip(KEPT, kept, strict=True))
    assert [str(entry) for entry in client.entries] == entries


@pytest.mark.parametrize("raising", [False, True])
@pytest.mark.parametrize(
    ("code", "detail"), [(51, "unhealthy"), (50, "auth_error"), (32, "error"), (3, "timeout")]
)
async def test_judged_by_the_code(
    directory: FakeDirectory, make_client: MakeClient, raising: bool, code: int, detail: str
) -> None:
    """The result code decides, whether the application has ldap3 raise exceptions or not."""
    client = make_client(raise_exceptions=raising)
    directory.codes["searchRequest"] = code

    assert await ask(client) == detail


async def test_callable(make_client: MakeClient) -> None:
    """A callable may give the connection."""
    client = make_client()

    assert await ask(lambda: client) == "ok"


@pytest.mark.parametrize("options", [{}, SEARCH])
async def test_died(
    directory: FakeDirectory, make_client: MakeClient, options: dict[str, Any]
) -> None:
    """A connection that the server has ended is as the application would find it, until it acts."""
    client = make_client()
    sock = client.socket
    directory.hang_up()

    assert await ask(client, **options) == "connection_reset"
    assert await ask(client, **options) == "connection_reset"

    assert client.socket is sock
    assert directory.connections == 1
    client.unbind()
    client.bind()
    assert await ask(client, **options) == "ok"
    assert directory.connections == 2


@pytest.mark.parametrize("options", [{}, *BINDS])
async def test_closed(
    directory: FakeDirectory, make_client: MakeClient, options: dict[str, Any]
) -> None:
    """A connection that the application has closed is not opened."""
    client = make_client()
    client.unbind()

    assert await ask(client, **options) == "connection_reset"

    assert directory.connections == 1


async def test_socket_closed_underneath(make_client: MakeClient) -> None:
    """A connection whose socket somebody has closed is closed."""
    client = make_client()
    client.socket.close()

    assert await ask(client) == "connection_reset"


@pytest.mark.parametrize("options", [{}, SEARCH, *BINDS])
async def test_lazy(
    directory: FakeDirectory, make_client: MakeClient, options: dict[str, Any]
) -> None:
    """A lazy connection before its first use is healthy if its server is, and stays unopened."""
    client = make_client(lazy=True)

    assert await ask(client, **options) == "ok"

    assert client.socket is None
    assert directory.connections == 1
    assert search_for(client, "dc=mine") == "dc=mine"
    assert await ask(client, **options) == "ok"


@pytest.mark.parametrize("strategy", [ldap3.RESTARTABLE, ldap3.SAFE_RESTARTABLE])
@pytest.mark.parametrize("unbound", [False, True])
async def test_restartable(
    directory: FakeDirectory, make_client: MakeClient, strategy: str, unbound: bool
) -> None:
    """A connection that reopens itself is healthy if its server is, though it was cut."""
    client = make_client(client_strategy=strategy)
    directory.hang_up()
    if unbound:
        client.unbind()
    sock = client.socket

    assert await ask(client) == "ok"

    assert client.socket is sock


@pytest.mark.parametrize(("code", "detail"), [(52, "unhealthy"), (50, "ok"), (48, "ok")])
async def test_server_of_a_restartable_connection(
    directory: FakeDirectory, make_client: MakeClient, code: int, detail: str
) -> None:
    """Whether its server is there is asked by nobody in particular, who may be told little."""
    client = make_client(lazy=True)
    directory.codes["searchRequest"] = code

    assert await ask(client) == detail


async def test_server_of_a_restartable_connection_is_gone(make_client: MakeClient) -> None:
    """A connection that would reopen itself in vain is refused."""
    server = ldap3.Server("127.0.0.1", 1, get_info=ldap3.NONE)

    client = ldap3.Connection(server, client_strategy=ldap3.RESTARTABLE)

    assert await ask(client) == "connection_refused"


@pytest.mark.parametrize("strategy", [ldap3.FIRST, ldap3.ROUND_ROBIN])
async def test_one_server_of_several(directory: FakeDirectory, strategy: str) -> None:
    """A connection that reopens itself is healthy if one of its servers is."""
    gone, there = (ldap3.Server("127.0.0.1", port) for port in (1, directory.port))
    client = ldap3.Connection(ldap3.ServerPool([gone, there], strategy, active=False), lazy=True)
    client.open()

    assert await ask(client) == "ok"


async def test_hanging_server_of_a_restartable_connection(
    directory: FakeDirectory, make_client: MakeClient
) -> None:
    """A hang is no cut: nobody else is asked."""
    client = make_client(client_strategy=ldap3.RESTARTABLE)
    directory.held.add("searchRequest")

    assert await ask(client, 0.2) == "timeout"

    assert directory.connections == 1


@pytest.mark.parametrize("options", [{}, SEARCH])
async def test_application_in_another_thread(
    make_client: MakeClient, options: dict[str, Any]
) -> None:
    """An application that searches while checks run finds what it searches for."""
    client = make_client()
    over = threading.Event()
    found: list[str] = []

    def search() -> None:
        while not over.is_set():
            found.append(search_for(client, f"dc=n{len(found)}"))

    searching = asyncio.create_task(asyncio.to_thread(search))
    details = {await ask(client, **options) for _ in range(100)}
    over.set()
    await searching

    assert details == {"ok"}
    assert found == [f"dc=n{number}" for number in range(len(found))]
    assert len(found) > 10


async def test_lock_of_the_application(directory: FakeDirectory, make_client: MakeClient) -> None:
    """Who waits for the application's lock stops at the deadline."""
    client = make_client()
    loop = asyncio.get_running_loop()

    with client.connection_lock:
        started = loop.time()
        async with assert_nothing_left():
            assert await ask(client, 0.3) == "timeout"
        assert loop.time() - started < 0.4

    assert await ask(client) == "ok"
    assert directory.kinds == ["bindRequest", "searchRequest"]


async def test_stopped_while_it_waits(directory: FakeDirectory, make_client: MakeClient) -> None:
    """A check that is cancelled ends long before its deadline."""
    client = make_client()
    directory.held.add("searchRequest")
    checking = asyncio.create_task(ask(client, 10))
    await asyncio.to_thread(directory.until_asked, "searchRequest")

    checking.cancel()
    done, _ = await asyncio.wait([checking], timeout=0.5)

    assert done


def test_belongs_to_no_loop(make_client: MakeClient) -> None:
    """A program without an event loop may give its connection."""
    client = make_client()
    dependency = ldap_check("ldap", client=client, critical=True)
    dh = DependencyHealth("my-service", "my-team", dependency, exporters=[])

    dh.start_sync()
    dh.stop_sync()

    assert list(dh.health_details()) == [f"ldap:{client.server.host}:{client.server.port}"]
