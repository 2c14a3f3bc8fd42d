"""TLS: each certificate and each cut, seen by clients of the standard library."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from dephealth_testing import (
    Close,
    Connection,
    Drip,
    FaultProxy,
    Forward,
    Garbage,
    HandshakeCut,
    Reset,
    Silent,
    Tls,
    assert_nothing_left,
)

if TYPE_CHECKING:
    from conftest import Dial
    from dephealth_testing import Certificates, FaultProxyFactory

Address = tuple[str, int]

HAS_EXPIRED = 10
NO_LOCAL_ISSUER = 20
HOSTNAME_MISMATCH = 62
ADDRESS_MISMATCH = 64


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
async def test_good(name: str, certificates: Certificates, dial: Dial) -> None:
    """The good certificate is right for every name of this machine."""
    fault = Tls(certificates.server_context(certificates.good), Garbage(b"hello"))
    async with FaultProxy(fault=fault) as proxy:
        client = await dial(proxy, certificates.client_context(), name)

        assert await client.receive() == b"hello"


@pytest.mark.parametrize(
    ("pair", "name", "code"),
    [
        ("expired", "localhost", HAS_EXPIRED),
        ("wrong_name", "localhost", HOSTNAME_MISMATCH),
        ("wrong_name", "127.0.0.1", ADDRESS_MISMATCH),
        ("untrusted", "localhost", NO_LOCAL_ISSUER),
    ],
)
async def test_bad(pair: str, name: str, code: int, certificates: Certificates, dial: Dial) -> None:
    """Each bad certificate is rejected for what is wrong with it alone."""
    fault = Tls(certificates.server_context(getattr(certificates, pair)))
    async with FaultProxy(fault=fault) as proxy:
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            await dial(proxy, certificates.client_context(), name)

    assert caught.value.verify_code == code


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_client_certificate_missing(
    version: ssl.TLSVersion, certificates: Certificates, dial: Dial
) -> None:
    """A client without the certificate that is asked for gets an alert, not a cut."""
    fault = Tls(certificates.server_context(certificates.good, require_client=True))
    context = certificates.client_context()
    context.maximum_version = version
    async with FaultProxy(fault=fault) as proxy:
        with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
            await (await dial(proxy, context)).ask(b"a")


async def test_client_certificate_shown(certificates: Certificates, dial: Dial) -> None:
    """A client that shows its certificate is let in."""
    context = certificates.server_context(certificates.good, require_client=True)
    async with FaultProxy(fault=Tls(context, Garbage(b"hello"))) as proxy:
        client = await dial(proxy, certificates.client_context(certificates.client))

        assert await client.receive() == b"hello"


async def test_forward_inside(certificates: Certificates, upstream: Address, dial: Dial) -> None:
    """Inside of TLS the upstream, which speaks none, is asked in plain."""
    async with FaultProxy(
        upstream, Tls(certificates.server_context(certificates.good), Forward())
    ) as proxy:
        client = await dial(proxy, certificates.client_context())

        client.writer.write(b"a" * 50_000 + b"\n")

        assert await client.reader.readexactly(50_011) == b"answer to " + b"a" * 50_000 + b"\n"


async def test_drip_inside(certificates: Certificates, upstream: Address, dial: Dial) -> None:
    """A fault inside of TLS acts on what is said there."""
    fault = Tls(certificates.server_context(certificates.good), Drip(0.01))
    async with FaultProxy(upstream, fault) as proxy:
        client = await dial(proxy, certificates.client_context())

        assert [await client.ask(b"a"), await client.receive()] == [b"a", b"n"]


async def test_goodbye_is_answered(
    certificates: Certificates, upstream: Address, dial: Dial
) -> None:
    """A client that ends TLS in order need not wait for the answer to it."""
    fault = Tls(certificates.server_context(certificates.good))
    async with FaultProxy(upstream, fault) as proxy:
        client = await dial(proxy, certificates.client_context())
        await client.ask(b"a")

        await client.close()


def test_end_inside(certificates: Certificates, fault_proxy: FaultProxyFactory) -> None:
    """An end in order is one of TLS too, not just of TCP."""
    proxy = fault_proxy(fault=Tls(certificates.server_context(certificates.good), Close()))
    with (
        socket.create_connection((proxy.host, proxy.port), 10) as sock,
        certificates.client_context().wrap_socket(
            sock, server_hostname="localhost", suppress_ragged_eofs=False
        ) as client,
    ):
        assert client.recv(1) == b""


async def test_change_inside(certificates: Certificates, upstream: Address, dial: Dial) -> None:
    """A connection keeps its TLS when the behaviour changes."""
    fault = Tls(certificates.server_context(certificates.good))
    async with FaultProxy(upstream, fault) as proxy:
        client = await dial(proxy, certificates.client_context())
        proxy.behave(Silent())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.ask(b"a"), 0.1)
        proxy.behave(fault)

        assert await client.receive() == b"answer to a\n"


async def test_reset_inside(certificates: Certificates, dial: Dial) -> None:
    """A reset after the handshake is a reset, no end of TLS."""
    fault = Tls(certificates.server_context(certificates.good), Garbage(b"hello"))
    async with FaultProxy(fault=fault) as proxy:
        client = await dial(proxy, certificates.client_context())
        await client.receive()
        proxy.behave(Reset())
        with pytest.raises(ConnectionResetError):
            await client.receive()


async def test_plain_client(certificates: Certificates, dial: Dial) -> None:
    """A client that speaks no TLS sees the end."""
    fault = Tls(certificates.server_context(certificates.good))
    async with FaultProxy(fault=fault) as proxy:
        client = await dial(proxy)
        client.writer.write(b"GET / HTTP/1.1\r\n\r\n")

        assert await client.receive_all() == b""


def test_handshake_cut(certificates: Certificates, fault_proxy: FaultProxyFactory) -> None:
    """A client meets the end of the connection inside of its handshake."""
    proxy = fault_proxy(fault=HandshakeCut())
    with (
        socket.create_connection((proxy.host, proxy.port), 10) as sock,
        pytest.raises(ssl.SSLEOFError),
    ):
        certificates.client_context().wrap_socket(sock, server_hostname="localhost")


async def test_handshake_begins(dial: Dial) -> None:
    """Before a handshake is cut, the client's hello is answered in part."""
    async with FaultProxy(fault=HandshakeCut()) as proxy:
        client = await dial(proxy)
        with pytest.raises(TimeoutError):
            await client.receive(0.1)
        client.writer.write(b"\x16\x03\x01\x02")

        assert (await client.receive_all()).startswith(b"\x16\x03\x03")


def test_handshake_reset(certificates: Certificates, fault_proxy: FaultProxyFactory) -> None:
    """A client meets a reset inside of its handshake."""
    proxy = fault_proxy(fault=HandshakeCut(reset=True))
    with (
        socket.create_connection((proxy.host, proxy.port), 10) as sock,
        pytest.raises(ConnectionResetError),
    ):
        certificates.client_context().wrap_socket(sock, server_hostname="localhost")


async def test_hello_in_a_silence(certificates: Certificates, dial: Dial) -> None:
    """A client's hello that came while the server was silent is answered after it."""
    fault = Tls(certificates.server_context(certificates.good), Garbage(b"hello"))
    async with FaultProxy(fault=Silent()) as proxy:
        dialling = asyncio.create_task(dial(proxy, certificates.client_context()))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(dialling), 0.1)
        proxy.behave(fault)

        assert await (await dialling).receive() == b"hello"


@dataclass(frozen=True)
class AnnouncedTls(Tls):
    """TLS that tells when it begins."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, connection: Connection) -> None:
        self.begun.set()
        await super().serve(connection)


@pytest.mark.parametrize("steps", range(20))
async def test_change_at_any_moment(steps: int, certificates: Certificates, dial: Dial) -> None:
    """Whenever within a handshake the behaviour changes, it goes on in TLS."""
    tls = AnnouncedTls(certificates.server_context(certificates.good), Silent())
    async with FaultProxy(fault=tls) as proxy:
        dialling = asyncio.create_task(dial(proxy, certificates.client_context()))
        await asyncio.wait_for(tls.begun.wait(), 10)
        for _ in range(steps):
            await asyncio.sleep(0)
        proxy.behave(Silent())
        await asyncio.sleep(0)
        proxy.behave(Garbage(b"hello"))

        assert await (await dialling).receive() == b"hello"


async def test_leaves_nothing(certificates: Certificates) -> None:
    """A proxy that is left closes connections with TLS at once, however busy."""
    context = certificates.server_context(certificates.good)
    async with assert_nothing_left():
        async with FaultProxy(fault=Tls(context, Silent())) as proxy:
            _, writer = await asyncio.open_connection(
                proxy.host, proxy.port, ssl=certificates.client_context()
            )
        writer.transport.abort()


def test_keys_are_private(certificates: Certificates) -> None:
    """No one else may read a key, which some clients insist on."""
    assert certificates.client.key.stat().st_mode & 0o077 == 0
