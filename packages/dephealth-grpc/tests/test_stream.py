"""Connections, as far as no answer shows how they are made."""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dephealth_grpc import GRPCChecker
from dephealth_testing import Certificates, Connection, Fault, FaultProxyFactory, Reset

if TYPE_CHECKING:
    from conftest import Probe


async def test_reset_that_comes_early(probe: Probe, fault_proxy: FaultProxyFactory) -> None:
    """A peer that resets is told the same whether it was quicker than we looked or not."""
    proxy = fault_proxy(fault=Reset())

    found = {(await probe(GRPCChecker(tls=True), proxy)).detail for _ in range(50)}

    assert found == {"tls_error"}


@dataclass(frozen=True)
class HangUpOnFinished(Fault):
    """Do all of a server's part in a handshake of TLS 1.3, and hang up on the client's."""

    context: ssl.SSLContext

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = self.context.wrap_bio(incoming, outgoing, server_side=True)
        hello = await client.peek()
        client.take(len(hello))
        incoming.write(hello)
        with contextlib.suppress(ssl.SSLWantReadError):
            server.do_handshake()
        await client.send(outgoing.read())
        client.take(len(await client.peek()))


@pytest.mark.parametrize(("asks", "expected"), [(True, "tls_error"), (False, "connection_reset")])
async def test_server_that_is_not_content(
    probe: Probe,
    certificates: Certificates,
    fault_proxy: FaultProxyFactory,
    asks: bool,
    expected: str,
) -> None:
    """A server that hangs up on the handshake misses a certificate if it has asked for one."""
    context = certificates.server_context(certificates.good, require_client=asks)
    context.set_alpn_protocols(["h2"])
    checker = GRPCChecker(tls=True, tls_ca_file=str(certificates.authority))

    result = await probe(checker, fault_proxy(fault=HangUpOnFinished(context)))

    assert result.detail == expected
