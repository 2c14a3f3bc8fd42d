"""TLS, as PostgreSQL begins it: the client asks, the server says S or N."""

from __future__ import annotations

import asyncio
import gc
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from asyncpg.connect_utils import TLSUpgradeProto

from dephealth import ConfigurationError, Endpoint
from dephealth_postgres import postgres_check
from dephealth_postgres._connecting import ConnectingLoop, connected
from dephealth_postgres._parsing import requires_tls
from dephealth_testing import (
    Close,
    Fault,
    Garbage,
    HandshakeCut,
    Reset,
    Silent,
    Tls,
    assert_nothing_left,
)

if TYPE_CHECKING:
    from conftest import Check, FakePostgres
    from dephealth_testing import Certificates, Connection, FaultProxyFactory


@dataclass(frozen=True)
class Answer(Fault):
    """Answer the request for TLS with a byte, then do what *then* says."""

    byte: bytes
    then: Fault

    async def serve(self, connection: Connection) -> None:
        if not connection.secure:
            client = await connection.client()
            await client.peek(8)
            client.take(8)
            await client.send(self.byte)
        await self.then.serve(connection)


@pytest.fixture
def good(server: FakePostgres, certificates: Certificates) -> FakePostgres:
    """The server, with a certificate that the authority signed."""
    server.context = certificates.server_context(certificates.good)
    return server


def at(host: str, server: FakePostgres) -> Endpoint:
    return Endpoint(host, str(server.port))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_verified(
    good: FakePostgres, check: Check, certificates: Certificates, host: str
) -> None:
    """A trusted certificate for the configured host, name or address, is accepted."""
    assert await check(at(host, good), tls=True, tls_ca_file=str(certificates.authority)) == "ok"


async def test_authority_alone_means_tls(
    server: FakePostgres, check: Check, certificates: Certificates
) -> None:
    """Who names an authority wants TLS, and no connection without it."""
    assert await check(tls_ca_file=str(certificates.authority)) == "tls_error"


async def test_system_s_authorities(good: FakePostgres, check: Check) -> None:
    """With tls=True alone a certificate of an authority unknown to the system is an error."""
    assert await check(at("localhost", good), tls=True) == "tls_error"


@pytest.mark.parametrize("flaw", ["expired", "wrong_name", "untrusted"])
async def test_flawed_certificate(
    server: FakePostgres, check: Check, certificates: Certificates, flaw: str
) -> None:
    """A certificate that is wrong in any way is an error, unless nothing is verified."""
    server.context = certificates.server_context(getattr(certificates, flaw))
    options = {"tls": True, "tls_ca_file": str(certificates.authority)}
    assert await check(**options) == "tls_error"
    assert await check(**options, tls_skip_verify=True) == "ok"


async def test_verification_can_be_left_out(good: FakePostgres, check: Check) -> None:
    """tls_skip_verify alone switches TLS on, and accepts any certificate."""
    assert await check(tls_skip_verify=True) == "ok"
    good.context = None
    assert await check(tls_skip_verify=True) == "tls_error"


@pytest.mark.parametrize("sslmode", ["allow", "prefer", "require"])
async def test_sslmode_that_does_not_verify(good: FakePostgres, check: Check, sslmode: str) -> None:
    """Modes of the URL keep the driver's meaning: these encrypt without verifying."""
    assert await check(params={"sslmode": sslmode}) == "ok"


async def test_sslmode_that_verifies(
    good: FakePostgres, check: Check, certificates: Certificates
) -> None:
    """verify-full of the URL verifies the certificate and its name."""
    params = {"sslmode": "verify-full", "sslrootcert": str(certificates.authority)}
    assert await check(params=params) == "ok"
    good.context = certificates.server_context(certificates.wrong_name)
    assert await check(params=params) == "tls_error"


async def test_missing_file_of_the_url(good: FakePostgres, check: Check) -> None:
    """A file of the URL that is not there is no refused connection."""
    params = {"sslmode": "verify-full", "sslrootcert": "/nowhere.pem"}
    assert await check(params=params) == "error"


def test_missing_file_of_an_option() -> None:
    """A file of an option that is not there is an error at start."""
    with pytest.raises(ConfigurationError, match=r"tls_ca_file '/nowhere\.pem' cannot"):
        postgres_check("db", host="localhost", tls_ca_file="/nowhere.pem", critical=True)


async def test_argument_beats_url(server: FakePostgres, check: Check) -> None:
    """tls=True is not taken back by the URL."""
    assert await check(tls=True, params={"sslmode": "disable"}) == "tls_error"


async def test_client_certificate(
    server: FakePostgres, check: Check, certificates: Certificates
) -> None:
    """A server that asks for a client certificate gets the one of the options."""
    server.context = certificates.server_context(certificates.good, require_client=True)
    own = certificates.client
    files = {"tls_cert_file": str(own.certificate), "tls_key_file": str(own.key)}
    assert await check(tls_ca_file=str(certificates.authority), **files) == "ok"


async def test_missing_client_certificate(
    check: Check, certificates: Certificates, fault_proxy: FaultProxyFactory
) -> None:
    """A client certificate that is missing is an error, though the handshake seems to succeed."""
    context = certificates.server_context(certificates.good, require_client=True)
    proxy = fault_proxy(fault=Answer(b"S", Tls(context, Silent())))
    there = Endpoint(proxy.host, str(proxy.port))
    assert await check(there, tls_ca_file=str(certificates.authority)) == "tls_error"


async def test_protocol_is_named(
    good: FakePostgres, check: Check, certificates: Certificates
) -> None:
    """The handshake names the protocol, without which servers refuse TLS that comes first."""
    assert good.context is not None
    good.context.set_alpn_protocols(["postgresql"])
    assert await check(tls_ca_file=str(certificates.authority)) == "ok"
    assert good.protocols == ["postgresql"]


@pytest.mark.parametrize(
    ("fault", "optional", "required"),
    [
        (Close(), "connection_reset", "tls_error"),
        (Reset(), "connection_reset", "connection_reset"),
        (Garbage(), "error", "tls_error"),
        (Garbage(b"HTTP/1.1 400 Bad Request\r\n\r\n", close=True), "error", "tls_error"),
        (Answer(b"N", Close()), "connection_reset", "tls_error"),
        (Answer(b"S", Garbage()), None, "tls_error"),
        (Answer(b"S", Close()), None, "tls_error"),
        (Answer(b"S", HandshakeCut()), None, "tls_error"),
        (Answer(b"S", HandshakeCut(reset=True)), None, "tls_error"),
    ],
)
async def test_faults(
    check: Check,
    fault_proxy: FaultProxyFactory,
    fault: Fault,
    optional: str | None,
    required: str,
) -> None:
    """What fails while TLS is set up is a TLS error where TLS is required."""
    proxy = fault_proxy(fault=fault)
    there = Endpoint(proxy.host, str(proxy.port))
    async with assert_nothing_left():
        assert await check(there, params={"sslmode": "require"}) == required
        assert await check(there, tls_skip_verify=True) == required
        if optional is not None:  # drivers of different age try again without TLS, or do not
            assert await check(there) == optional


async def test_mode_of_the_environment(
    check: Check, fault_proxy: FaultProxyFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS may be required by the driver's own variable."""
    monkeypatch.setenv("PGSSLMODE", "require")
    proxy = fault_proxy(fault=Garbage())
    assert await check(Endpoint(proxy.host, str(proxy.port))) == "tls_error"


async def test_hang_within_the_handshake(check: Check, fault_proxy: FaultProxyFactory) -> None:
    """A server that hangs in the handshake keeps no connection of ours open."""
    proxy = fault_proxy(fault=Answer(b"S", Silent()))
    there = Endpoint(proxy.host, str(proxy.port))
    async with assert_nothing_left():
        assert await check(there, tls_skip_verify=True, timeout=0.3) == "timeout"


async def test_hang_after_the_handshake(
    check: Check, certificates: Certificates, fault_proxy: FaultProxyFactory
) -> None:
    """A server that hangs after the handshake keeps no connection of ours open."""
    context = certificates.server_context(certificates.good)
    proxy = fault_proxy(fault=Answer(b"S", Tls(context, Silent())))
    there = Endpoint(proxy.host, str(proxy.port))
    async with assert_nothing_left():
        assert await check(there, tls_skip_verify=True, timeout=0.3) == "timeout"


async def test_tls_from_the_first_byte(
    certificates: Certificates, fault_proxy: FaultProxyFactory
) -> None:
    """Where TLS comes first, the name is verified although an address is connected to."""
    proxy = fault_proxy(fault=Tls(certificates.server_context(certificates.good), Silent()))
    loop = ConnectingLoop(asyncio.get_running_loop())
    context = certificates.client_context()

    transport, _ = await loop.create_connection(
        asyncio.Protocol, "localhost", proxy.port, ssl=context
    )

    assert transport.get_extra_info("ssl_object").server_hostname == "localhost"
    loop.abort()


async def test_cancelled_when_just_connected(fault_proxy: FaultProxyFactory) -> None:
    """Who is cancelled before TLS was asked for leaves no exception behind."""
    proxy = fault_proxy(fault=Silent())
    running = asyncio.get_running_loop()
    heard: list[Any] = []
    told: list[str] = []
    running.set_exception_handler(lambda _, context: heard.append(context))

    class Observed(TLSUpgradeProto):  # type: ignore[misc]
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            told.append("made")

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            told.append("lost")

    def cancelling() -> Observed:
        connecting.cancel()
        return Observed(running, proxy.host, proxy.port, ssl.create_default_context(), True)

    connecting = asyncio.create_task(
        ConnectingLoop(running).create_connection(cancelling, proxy.host, proxy.port)
    )
    with pytest.raises(asyncio.CancelledError):
        await connecting
    for _ in range(10):  # turns of the loop, which has the end at hand
        await asyncio.sleep(0)
    gc.collect()

    assert told in (["made", "lost"], [])  # uvloop tells nothing of what ends before it begins
    assert heard == []


async def test_connecting_that_takes_too_long(fault_proxy: FaultProxyFactory) -> None:
    """A time-out within the handshake is a time-out: the application's pool may have one."""
    proxy = fault_proxy(fault=Answer(b"S", Silent()))
    address = {"host": proxy.host, "port": proxy.port, "user": "app", "ssl": "require"}
    with pytest.raises(TimeoutError):
        async with connected({**address, "timeout": 0.1}):
            pass


@pytest.mark.parametrize(
    ("fault", "sslmode", "told"),
    [
        (Answer(b"S", HandshakeCut()), "require", "tls_error"),
        (Answer(b"N", Close()), "require", "tls_error"),
        (Close(), "prefer", "connection_reset"),
        (Garbage(), "prefer", "error"),
    ],
)
async def test_faults_that_a_pool_meets(
    check: Check, fault_proxy: FaultProxyFactory, fault: Fault, sslmode: str, told: str
) -> None:
    """What fails while a pool connects means the same as on a connection of our own."""
    proxy = fault_proxy(fault=fault)
    url = f"postgres://app@{proxy.host}:{proxy.port}?sslmode={sslmode}"
    async with asyncpg.create_pool(url, min_size=0) as pool:
        assert await check(Endpoint(proxy.host, str(proxy.port)), pool=pool) == told


def test_arguments_that_cannot_be_read() -> None:
    """Of arguments that asyncpg cannot read nobody knows whether TLS is required."""
    assert not requires_tls({"host": "localhost", "port": "none"})
    assert requires_tls({"host": "localhost", "ssl": "require"})
