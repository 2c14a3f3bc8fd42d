"""A client that speaks TLS."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from dephealth_testing import Fault, FaultProxy, Garbage, HandshakeCut, Refuse, Reset, Silent, Tls

if TYPE_CHECKING:
    from conftest import Ask, FakeRedis
    from dephealth_testing import Certificates


MakeClient = Callable[..., Redis]


@pytest.fixture
async def make_client(certificates: Certificates) -> AsyncIterator[MakeClient]:
    """Make clients with TLS that are closed at the end."""
    clients: list[Redis] = []

    def make(proxy: FaultProxy, backoff: float = 0, retries: int = 0) -> Redis:
        options: dict[str, Any] = {"retry": Retry(ConstantBackoff(backoff), retries)}
        client = Redis(
            host="localhost",
            port=proxy.port,
            ssl=True,
            ssl_ca_certs=str(certificates.authority),
            **options,
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.aclose()


async def test_pong_is_ok(
    server: FakeRedis, certificates: Certificates, make_client: MakeClient, ask: Ask
) -> None:
    """A client with TLS that gets PONG is available."""
    fault = Tls(certificates.server_context(certificates.good))
    async with FaultProxy((server.host, server.port), fault) as proxy:
        assert await ask(make_client(proxy)) == "ok"


async def test_untrusted(certificates: Certificates, make_client: MakeClient, ask: Ask) -> None:
    """A certificate that the client does not trust is a TLS error."""
    fault = Tls(certificates.server_context(certificates.untrusted))
    async with FaultProxy(fault=fault) as proxy:
        assert await ask(make_client(proxy)) == "tls_error"


@pytest.mark.parametrize(
    "fault", [HandshakeCut(), HandshakeCut(reset=True), Garbage(close=True)], ids=str
)
async def test_handshake_cut(make_client: MakeClient, fault: Fault, ask: Ask) -> None:
    """What ends while TLS is being set up is a TLS error."""
    async with FaultProxy(fault=fault) as proxy:
        assert await ask(make_client(proxy)) == "tls_error"


async def test_handshake_cut_while_the_client_retries(make_client: MakeClient, ask: Ask) -> None:
    """It is known as such, though the client's own retries outlast the check."""
    async with FaultProxy(fault=HandshakeCut()) as proxy:
        assert await ask(make_client(proxy, 60, 3), 0.5) == "tls_error"


async def test_refused(make_client: MakeClient, ask: Ask) -> None:
    """A client with TLS that nobody listens to is refused."""
    async with FaultProxy(fault=Refuse()) as proxy:
        assert await ask(make_client(proxy)) == "connection_refused"


async def test_cut_within_tls(
    certificates: Certificates, make_client: MakeClient, ask: Ask
) -> None:
    """After the handshake, a connection that is cut is a connection that is cut."""
    fault = Tls(certificates.server_context(certificates.good), Reset())
    async with FaultProxy(fault=fault) as proxy:
        assert await ask(make_client(proxy)) == "connection_reset"


async def test_hanging_server(
    server: FakeRedis, certificates: Certificates, make_client: MakeClient, ask: Ask
) -> None:
    """A server that hangs within TLS cannot keep the connection open, by no answer to its end."""
    context = certificates.server_context(certificates.good)
    async with FaultProxy((server.host, server.port), Tls(context)) as proxy:
        client = make_client(proxy)
        await ask(client)
        proxy.behave(Tls(context, Silent()))

        assert await ask(client, 0.3) == "timeout"
        await server.until(lambda: not server.open)
