"""Answers that come after the deadline, on the application's connection."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import ldap3
import pytest

from dephealth import Endpoint, check_once
from dephealth_ldap import LdapChecker
from dephealth_ldap._late import LateAnswer
from dephealth_ldap._messages import Incoming
from dephealth_testing import Drip, FaultProxy, Forward, Silent, Tls

if TYPE_CHECKING:
    from conftest import FakeDirectory, MakeClient
    from dephealth_testing import Certificates

ANYWHERE = Endpoint("client.invalid", "1")
STRATEGIES = [ldap3.SYNC, ldap3.SAFE_SYNC, ldap3.RESTARTABLE, ldap3.SAFE_RESTARTABLE]


async def ask(client: Any, timeout: float = 5.0) -> str:
    check = await check_once(LdapChecker(client=client), ANYWHERE, timeout)
    assert check.outcome is not None
    assert check.expected, check
    return check.outcome.detail


def search_for(client: Any, dn: str) -> str:
    """What the application finds when it searches for *dn*."""
    given = client.search(dn, "(cn=*)", ldap3.BASE, attributes=["cn"])
    response = given[2] if isinstance(given, tuple) else client.response
    return str(response[0]["dn"])


@pytest.mark.parametrize("strategy", STRATEGIES)
async def test_application_goes_on(
    directory: FakeDirectory, make_client: MakeClient, strategy: str
) -> None:
    """After a check that was cut short, the application gets its own answer."""
    client = make_client(client_strategy=strategy)
    sock = client.socket
    directory.held.add("searchRequest")

    assert await ask(client, 0.2) == "timeout"

    assert client.connection_lock.acquire(blocking=False)
    client.connection_lock.release()
    assert not client.closed
    searching = asyncio.create_task(asyncio.to_thread(search_for, client, "dc=mine"))
    directory.release()
    assert await searching == "dc=mine"
    assert client.socket is sock
    assert directory.connections == 1
    assert search_for(client, "dc=more") == "dc=more"


async def test_next_check_waits_for_the_answer(
    directory: FakeDirectory, make_client: MakeClient
) -> None:
    """While an answer is to come, nothing more is asked."""
    client = make_client()
    sock = client.socket
    directory.held.add("searchRequest")

    for _ in range(3):
        assert await ask(client, 0.1) == "timeout"
    assert directory.kinds.count("searchRequest") == 1

    directory.release()
    assert await ask(client) == "ok"
    assert directory.kinds.count("searchRequest") == 2
    assert client.socket is sock
    assert search_for(client, "dc=mine") == "dc=mine"


async def test_answer_that_never_comes(directory: FakeDirectory, make_client: MakeClient) -> None:
    """A connection that ends before the late answer has come was cut."""
    client = make_client()
    directory.held.add("searchRequest")
    assert await ask(client, 0.1) == "timeout"
    directory.hangs_up = True
    directory.replies["searchRequest"] = lambda _: b""

    directory.release()

    assert await ask(client) == "connection_reset"
    with pytest.raises(ldap3.core.exceptions.LDAPException):
        search_for(client, "dc=mine")


@pytest.mark.parametrize("interval", [0.001, 0.01])
async def test_deadline_within_a_message(
    directory: FakeDirectory, make_client: MakeClient, interval: float
) -> None:
    """After a deadline in the middle of a message, the application gets its own answer."""
    async with FaultProxy((directory.host, directory.port)) as proxy:
        client = await asyncio.to_thread(make_client, proxy.port)
        for _ in range(5):
            proxy.behave(Drip(interval))
            await ask(client, 0.05)
            proxy.behave(Forward())
            assert await asyncio.to_thread(search_for, client, "dc=mine") == "dc=mine"


async def test_with_tls(
    directory: FakeDirectory, make_client: MakeClient, certificates: Certificates
) -> None:
    """Within TLS too, the application gets its own answer after a hang."""
    tls = Tls(certificates.server_context(certificates.good))
    async with FaultProxy((directory.host, directory.port), tls) as proxy:
        client = await asyncio.to_thread(make_client, proxy.port, ssl=True)
        sock = client.socket
        assert await ask(client) == "ok"
        proxy.behave(Silent())
        assert await ask(client, 0.2) == "timeout"
        proxy.behave(Forward())
        assert await asyncio.to_thread(search_for, client, "dc=mine") == "dc=mine"
        assert client.socket is sock


async def test_cancelled_at_any_moment(make_client: MakeClient) -> None:
    """A check that is cancelled at any moment leaves the connection in step."""
    client = make_client()
    checker = LdapChecker(client=client)
    for moment in range(60):
        task = asyncio.create_task(checker.check(ANYWHERE))
        for _ in range(moment):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=1)
        assert search_for(client, f"dc=n{moment}") == f"dc=n{moment}"


async def test_timeout_of_the_application(
    directory: FakeDirectory, make_client: MakeClient
) -> None:
    """While an answer is to come, the application's own timeout is its own."""
    client = make_client(receive_timeout=1)
    directory.held.add("searchRequest")

    assert await ask(client, 0.1) == "timeout"

    assert client.socket.gettimeout() == 1
    with pytest.raises(ldap3.core.exceptions.LDAPSocketReceiveError, match="timed out"):
        await asyncio.to_thread(search_for, client, "dc=mine")


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        one.settimeout(5)
        yield one, other


def late(sock: socket.socket, arrived: bytes = b"") -> tuple[Any, LateAnswer]:
    """A client on *sock* to which an answer with the number 5 is still to come."""
    client = SimpleNamespace()
    incoming = Incoming(100)
    incoming.add(arrived)
    client.socket = LateAnswer(client, sock, incoming, 5)
    return client, client.socket


def test_answers_in_another_order(
    directory: FakeDirectory, pair: tuple[socket.socket, socket.socket]
) -> None:
    """Answers to the application pass, before and after the one that is kept back."""
    sock, peer = pair
    ours = directory.entry(5, "dc=ours") + directory.result(5, "searchRequest", 0)
    before, after = directory.entry(6, "dc=theirs"), directory.result(6, "searchRequest", 0)
    client, proxy = late(sock, ours[:3])

    peer.sendall(ours[3:9])
    peer.sendall(ours[9:12])
    peer.sendall(ours[12:20] + ours[20:])
    peer.sendall(before + after[:4])

    assert proxy.recv(4096) == before + after[:4]
    assert client.socket is sock
    peer.sendall(after[4:])
    assert proxy.recv(4096) == after[4:]


def test_long_answer_to_the_application(
    directory: FakeDirectory, pair: tuple[socket.socket, socket.socket]
) -> None:
    """An answer to the application may be as long as it likes."""
    sock, peer = pair
    client, proxy = late(sock)
    theirs = directory.entry(6, "dc=theirs", "x" * 20_000)

    peer.sendall(theirs[:50])
    peer.sendall(theirs[50:])

    assert proxy.recv(100) == theirs
    assert client.socket is proxy


def test_garbage_is_the_applications_to_find(
    directory: FakeDirectory, pair: tuple[socket.socket, socket.socket]
) -> None:
    """Where a stream is no LDAP any more, all of it is left to the application."""
    sock, peer = pair
    theirs = directory.entry(6, "dc=theirs")
    client, proxy = late(sock)

    peer.sendall(theirs + b"\x30\x03garbage")

    assert proxy.recv(4096) == theirs + b"\x30\x03garbage"
    assert client.socket is sock


def test_end_is_the_applications_to_find(pair: tuple[socket.socket, socket.socket]) -> None:
    """The end of the connection is told to the application."""
    sock, peer = pair
    _, proxy = late(sock)

    peer.close()

    assert proxy.recv(4096) == b""


def test_is_the_socket_otherwise(pair: tuple[socket.socket, socket.socket]) -> None:
    """For all but receiving it is the socket."""
    sock, _ = pair
    _, proxy = late(sock)

    assert proxy.fileno() == sock.fileno()
    assert proxy.gettimeout() == 5
