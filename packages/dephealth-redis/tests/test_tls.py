"""TLS on a connection of the check's own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from dephealth import Endpoint, check_once
from dephealth_redis import RedisChecker
from dephealth_testing import Close, Fault, FaultProxy, Reset, Silent, Tls, assert_nothing_left

if TYPE_CHECKING:
    from conftest import FakeRedis
    from dephealth_testing import Certificates, KeyPair

Serve = Callable[["KeyPair"], AbstractAsyncContextManager[FaultProxy]]


@pytest.fixture
def serve(server: FakeRedis, certificates: Certificates) -> Serve:
    """Put TLS with a certificate before the server."""

    @asynccontextmanager
    async def serve(pair: KeyPair) -> AsyncIterator[FaultProxy]:
        fault = Tls(certificates.server_context(pair))
        async with FaultProxy((server.host, server.port), fault) as proxy:
            yield proxy

    return serve


async def detail(checker: RedisChecker, proxy: FaultProxy, host: str = "127.0.0.1") -> str:
    result = await check_once(checker, Endpoint(host, str(proxy.port)))
    assert result.outcome is not None
    assert result.expected
    return result.outcome.detail


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_verified(serve: Serve, certificates: Certificates, host: str) -> None:
    """A trusted certificate for the configured host, name or address, is accepted."""
    checker = RedisChecker(tls=True, tls_ca_file=str(certificates.authority))
    async with serve(certificates.good) as proxy:
        assert await detail(checker, proxy, host) == "ok"


async def test_name_is_told_to_the_server(server: FakeRedis, certificates: Certificates) -> None:
    """The server learns which name is meant, although the connection goes to an address."""
    told: list[str | None] = []
    context = certificates.server_context(certificates.good)
    context.sni_callback = lambda _, name, __: told.append(name)
    checker = RedisChecker(tls=True, tls_ca_file=str(certificates.authority))
    async with FaultProxy((server.host, server.port), Tls(context)) as proxy:
        await detail(checker, proxy, "localhost")

    assert told == ["localhost"]


async def test_context_is_made_once(certificates: Certificates) -> None:
    """All checks share one context, which is slow to make."""
    checker = RedisChecker(tls=True, tls_ca_file=str(certificates.authority))

    assert checker.ssl_context is checker.ssl_context


async def test_any_name(serve: Serve, certificates: Certificates) -> None:
    """Without a look at the name, a trusted certificate of another one is accepted."""
    checker = RedisChecker(
        tls=True, tls_ca_file=str(certificates.authority), tls_check_hostname=False
    )
    async with serve(certificates.wrong_name) as proxy:
        assert await detail(checker, proxy) == "ok"
    async with serve(certificates.untrusted) as proxy:
        assert await detail(checker, proxy) == "tls_error"


@pytest.mark.parametrize("pair", ["expired", "wrong_name", "untrusted"])
async def test_skip_verify(serve: Serve, certificates: Certificates, pair: str) -> None:
    """Without verification every certificate is accepted."""
    checker = RedisChecker(tls=True, tls_skip_verify=True)
    async with serve(getattr(certificates, pair)) as proxy:
        assert await detail(checker, proxy) == "ok"


async def test_client_certificate(server: FakeRedis, certificates: Certificates) -> None:
    """A server that wants a client certificate accepts ours, and is a TLS error without."""
    context = certificates.server_context(certificates.good, require_client=True)
    with_it = RedisChecker(
        tls=True,
        tls_ca_file=str(certificates.authority),
        tls_cert_file=str(certificates.client.certificate),
        tls_key_file=str(certificates.client.key),
    )
    without = RedisChecker(tls=True, tls_ca_file=str(certificates.authority))
    async with FaultProxy((server.host, server.port), Tls(context)) as proxy:
        assert await detail(with_it, proxy) == "ok"
        assert await detail(without, proxy) == "tls_error"


@pytest.mark.parametrize("end", [Close(), Reset()])
@pytest.mark.parametrize(("asks", "expected"), [(True, "tls_error"), (False, "connection_reset")])
async def test_end_after_the_handshake(
    certificates: Certificates, end: Fault, asks: bool, expected: str
) -> None:
    """A server that ends without a word is a TLS error if it had asked for a certificate."""
    context = certificates.server_context(certificates.good, require_client=asks)
    context.verify_mode = ssl.CERT_OPTIONAL if asks else ssl.CERT_NONE
    checker = RedisChecker(tls=True, tls_ca_file=str(certificates.authority))
    async with FaultProxy(fault=Tls(context, end)) as proxy:
        assert await detail(checker, proxy) == expected


async def test_plaintext_to_a_tls_port(serve: Serve, certificates: Certificates) -> None:
    """A server that wants TLS cuts off who speaks none."""
    async with serve(certificates.good) as proxy:
        assert await detail(RedisChecker(), proxy) == "connection_reset"


async def test_reset_of_an_established_connection(
    server: FakeRedis, serve: Serve, certificates: Certificates
) -> None:
    """After the handshake, a connection that is cut is a connection that is cut."""
    server.held.add("PING")
    checker = RedisChecker(tls=True, tls_ca_file=str(certificates.authority))
    async with serve(certificates.good) as proxy:
        running = asyncio.create_task(detail(checker, proxy))
        await server.until_asked("PING")
        server.hang_up()
        assert await running == "connection_reset"


@pytest.mark.parametrize("password", [None, "x"])
async def test_hanging_server_leaves_nothing(
    certificates: Certificates, password: str | None
) -> None:
    """A server that hangs within TLS cannot keep the connection open, by no answer to its end."""
    checker = RedisChecker(tls=True, tls_ca_file=str(certificates.authority), password=password)
    fault = Tls(certificates.server_context(certificates.good), Silent())
    async with FaultProxy(fault=fault) as proxy, assert_nothing_left():
        result = await check_once(checker, Endpoint("localhost", str(proxy.port)), 0.3)

    assert result.outcome is not None
    assert result.outcome.detail == "timeout"
