"""TLS, as MySQL begins it: the server greets, the client asks for TLS and begins with it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from dephealth import ConfigurationError, Endpoint
from dephealth_mysql import mysql_check
from dephealth_testing import (
    Close,
    Connection,
    Fault,
    Garbage,
    HandshakeCut,
    Reset,
    Silent,
    Tls,
    assert_nothing_left,
)

if TYPE_CHECKING:
    from conftest import Check, FakeMySQL, MakePool
    from dephealth_testing import Certificates, FaultProxyFactory

GREETING = (
    b"\x59\0\0\0\x0a5.5.5-10.11.2-MariaDB\0\x07\0\0\0abcdefgh\0\xfe\xff\x2d\x02\0\xff\x81\x15"
    b"\0\0\0\0\0\0\x1d\0\0\0ijklmnopqrst\0mysql_native_password\0"
)
"""That of MariaDB with TLS."""


@dataclass(frozen=True)
class Greet(Fault):
    """Offer TLS, wait until the client wants it, then do what *then* says."""

    then: Fault

    async def serve(self, connection: Connection) -> None:
        if not connection.secure:
            client = await connection.client()
            await client.send(GREETING)
            await client.peek(36)
            client.take(36)
        await self.then.serve(connection)


@pytest.fixture
def good(server: FakeMySQL, certificates: Certificates) -> FakeMySQL:
    """The server, with a certificate that the authority signed."""
    server.context = certificates.server_context(certificates.good)
    return server


def at(host: str, server: FakeMySQL) -> Endpoint:
    return Endpoint(host, server.endpoint.port)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_verified(
    good: FakeMySQL, check: Check, certificates: Certificates, host: str
) -> None:
    """A trusted certificate for the configured host, name or address, is accepted."""
    options = {"tls": True, "tls_ca_file": str(certificates.authority)}
    async with assert_nothing_left():
        assert await check(at(host, good), **options) == "ok"
        await good.until(lambda: good.goodbyes == 1)


async def test_name_is_shown(good: FakeMySQL, check: Check, certificates: Certificates) -> None:
    """The handshake is about the configured name, though an address is connected to."""
    assert good.context is not None
    names: list[str | None] = []
    good.context.sni_callback = lambda _, name, __: names.append(name)
    assert await check(at("localhost", good), tls_ca_file=str(certificates.authority)) == "ok"
    assert names == ["localhost"]


async def test_authority_alone_means_tls(
    server: FakeMySQL, check: Check, certificates: Certificates
) -> None:
    """Who names an authority wants TLS, and shows no password to a server without it."""
    options = {"tls_ca_file": str(certificates.authority), "password": "secret"}
    assert await check(**options) == "tls_error"
    assert server.logins == []


async def test_system_s_authorities(good: FakeMySQL, check: Check) -> None:
    """With tls=True alone a certificate of an authority unknown to the system is an error."""
    assert await check(at("localhost", good), tls=True) == "tls_error"


@pytest.mark.parametrize("flaw", ["expired", "wrong_name", "untrusted"])
async def test_flawed_certificate(
    server: FakeMySQL, check: Check, certificates: Certificates, flaw: str
) -> None:
    """A certificate that is wrong in any way is an error, unless nothing is verified."""
    server.context = certificates.server_context(getattr(certificates, flaw))
    options = {"tls": True, "tls_ca_file": str(certificates.authority)}
    async with assert_nothing_left():
        assert await check(**options) == "tls_error"
        assert server.logins == []
        assert await check(**options, tls_skip_verify=True) == "ok"


async def test_refused_login(good: FakeMySQL, check: Check) -> None:
    """Within TLS too a login that is refused is one, and ends although the server does not."""
    good.refusal = 1045
    good.held.add("refused")
    assert await check(tls_skip_verify=True) == "auth_error"
    (connection,) = good.open
    await asyncio.wait_for(connection.ended(), 1)


async def test_missing_tls(server: FakeMySQL, check: Check) -> None:
    """tls_skip_verify alone switches TLS on, so that a server without it is an error."""
    assert await check(tls_skip_verify=True) == "tls_error"
    assert await check(params={"ssl-mode": "REQUIRED"}) == "tls_error"


async def test_preferred(server: FakeMySQL, check: Check, certificates: Certificates) -> None:
    """PREFERRED takes TLS if there is some, and does without it if there is none."""
    params = {"ssl-mode": "PREFERRED"}
    assert await check(params=params) == "ok"
    server.context = certificates.server_context(certificates.expired)
    assert await check(params=params) == "ok"


@pytest.mark.parametrize(
    ("mode", "expired", "wrong_name"),
    [
        ("DISABLED", "ok", "ok"),
        ("REQUIRED", "ok", "ok"),
        ("VERIFY_CA", "tls_error", "ok"),
        ("VERIFY_IDENTITY", "tls_error", "tls_error"),
        (None, "tls_error", "ok"),
    ],
)
async def test_mode_of_the_url(
    server: FakeMySQL,
    check: Check,
    certificates: Certificates,
    mode: str | None,
    expired: str,
    wrong_name: str,
) -> None:
    """Modes keep MySQL's meaning; an authority alone means VERIFY_CA."""
    params = {"ssl-ca": str(certificates.authority), **({"ssl-mode": mode} if mode else {})}
    server.context = certificates.server_context(certificates.expired)
    assert await check(params=params) == expired
    server.context = certificates.server_context(certificates.wrong_name)
    assert await check(params=params) == wrong_name


async def test_argument_beats_url(server: FakeMySQL, check: Check) -> None:
    """tls=True is not taken back by the URL."""
    assert await check(tls=True, params={"ssl-mode": "DISABLED"}) == "tls_error"


def test_missing_file() -> None:
    """A file of TLS that is not there is an error at start."""
    for options in ({"tls_ca_file": "/nowhere.pem"}, {"params": {"ssl-ca": "/nowhere.pem"}}):
        with pytest.raises(ConfigurationError, match=r"'/nowhere\.pem' cannot be used"):
            mysql_check("db", host="localhost", critical=True, **options)


def own_certificate(certificates: Certificates, names: tuple[str, str, str]) -> dict[str, str]:
    """The files of a client, under *names*."""
    own = certificates.client
    files = (certificates.authority, own.certificate, own.key)
    return dict(zip(names, map(str, files), strict=True))


async def test_client_certificate(
    server: FakeMySQL, check: Check, certificates: Certificates
) -> None:
    """A server that asks for a client certificate gets the one of the options."""
    server.context = certificates.server_context(certificates.good, require_client=True)
    options = own_certificate(certificates, ("tls_ca_file", "tls_cert_file", "tls_key_file"))
    params = own_certificate(certificates, ("ssl_ca", "ssl_cert", "ssl_key"))
    assert await check(**options) == "ok"
    assert await check(params=params) == "ok"


async def test_missing_client_certificate(
    server: FakeMySQL, check: Check, certificates: Certificates
) -> None:
    """A client certificate that is missing is an error, though the handshake seems to succeed."""
    server.context = certificates.server_context(certificates.good, require_client=True)
    assert await check(tls_ca_file=str(certificates.authority)) == "tls_error"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Close(), "connection_reset"),
        (Reset(), "connection_reset"),
        (Garbage(), "error"),
        (Greet(Garbage()), "tls_error"),
        (Greet(Garbage(b"HTTP/1.1 400 Bad Request\r\n\r\n", close=True)), "tls_error"),
        (Greet(Close()), "tls_error"),
        (Greet(Reset()), "tls_error"),
        (Greet(HandshakeCut()), "tls_error"),
        (Greet(HandshakeCut(reset=True)), "tls_error"),
    ],
)
async def test_faults(
    check: Check, fault_proxy: FaultProxyFactory, fault: Fault, told: str
) -> None:
    """What fails from the greeting on, until TLS is there, is a TLS error."""
    proxy = fault_proxy(fault=fault)
    async with assert_nothing_left():
        assert await check(Endpoint(proxy.host, str(proxy.port)), tls_skip_verify=True) == told


@pytest.mark.parametrize("in_tls", [False, True])
async def test_hang(
    check: Check, certificates: Certificates, fault_proxy: FaultProxyFactory, in_tls: bool
) -> None:
    """A server that hangs in the handshake, or after it, keeps no connection of ours open."""
    context = certificates.server_context(certificates.good)
    proxy = fault_proxy(fault=Greet(Tls(context, Silent()) if in_tls else Silent()))
    there = Endpoint(proxy.host, str(proxy.port))
    async with assert_nothing_left():
        assert await check(there, tls_skip_verify=True, timeout=0.3) == "timeout"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Greet(HandshakeCut()), "tls_error"),
        (Greet(Garbage()), "tls_error"),
        (Close(), "connection_reset"),
        (Reset(), "connection_reset"),
        (Garbage(), "error"),
    ],
)
async def test_faults_that_a_pool_meets(
    check: Check,
    make_pool: MakePool,
    fault_proxy: FaultProxyFactory,
    certificates: Certificates,
    fault: Fault,
    told: str,
) -> None:
    """What fails while a pool connects means the same as on a connection of our own."""
    proxy = fault_proxy(fault=fault)
    address: dict[str, Any] = {"host": proxy.host, "port": proxy.port}
    pool = await make_pool(**address, ssl=certificates.client_context())
    assert await check(Endpoint(proxy.host, str(proxy.port)), pool=pool) == told


async def test_certificate_that_a_pool_meets(
    server: FakeMySQL, check: Check, make_pool: MakePool, certificates: Certificates
) -> None:
    """A certificate that the pool does not accept is a TLS error, a closed port a refusal."""
    server.context = certificates.server_context(certificates.expired)
    pool = await make_pool(ssl=certificates.client_context())
    assert await check(pool=pool) == "tls_error"
    server.refuse()
    assert await check(pool=pool) == "connection_refused"


async def test_pool_whose_server_hangs_in_tls(
    good: FakeMySQL, check: Check, make_pool: MakePool, certificates: Certificates
) -> None:
    """A connection of the pool that hangs is closed at once, over TLS too."""
    pool = await make_pool(ssl=certificates.client_context())
    good.held.add("SELECT 1")
    assert await check(pool=pool, timeout=0.3) == "timeout"
    (connection,) = good.open
    await asyncio.wait_for(connection.ended(), 1)
