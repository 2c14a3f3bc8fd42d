"""TLS: what is trusted, what is shown, and how it fails."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from grpc_peer import ANSWER, NOTHING, SETTINGS, data, passes

from dephealth import ConfigurationError, Endpoint
from dephealth_grpc import GRPCChecker, grpc_check
from dephealth_testing import (
    Certificates,
    Close,
    Fault,
    FaultProxyFactory,
    Garbage,
    HandshakeCut,
    Reset,
    Silent,
    Tls,
)

if TYPE_CHECKING:
    from conftest import Answer, Probe


def trusting(certificates: Certificates, **options: Any) -> GRPCChecker:
    return GRPCChecker(tls=True, tls_ca_file=str(certificates.authority), **options)


def http2(context: ssl.SSLContext) -> ssl.SSLContext:
    context.set_alpn_protocols(["h2"])
    return context


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_good_certificate(answer: Answer, certificates: Certificates, host: str) -> None:
    """A certificate of the given authority for the endpoint's address is good."""
    peer = await answer(host=host, context=certificates.server_context(certificates.good))

    await passes(trusting(certificates), peer.endpoint)

    asked = await peer.asked()
    assert asked[":scheme"] == "https"
    assert asked[":authority"] == (f"[::1]:{peer.port}" if ":" in host else str(peer.endpoint))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_versions(
    probe: Probe, answer: Answer, certificates: Certificates, version: ssl.TLSVersion
) -> None:
    """Both versions of TLS that HTTP/2 allows work, with HTTP/2 agreed upon."""
    context = certificates.server_context(certificates.good)
    context.minimum_version = context.maximum_version = version
    peer = await answer(context=context)

    assert (await probe(trusting(certificates), peer)).detail == "ok"
    assert peer.protocols == ["h2"]


@pytest.mark.parametrize("pair", ["expired", "wrong_name", "untrusted"])
async def test_bad_certificates(
    probe: Probe, answer: Answer, certificates: Certificates, pair: str
) -> None:
    """A certificate that is wrong in any way is a TLS error."""
    peer = await answer(context=certificates.server_context(getattr(certificates, pair)))

    assert (await probe(trusting(certificates), peer)).detail == "tls_error"


@pytest.mark.parametrize("pair", ["expired", "wrong_name", "untrusted"])
async def test_skip_verify(answer: Answer, certificates: Certificates, pair: str) -> None:
    """With tls_skip_verify any certificate will do."""
    peer = await answer(context=certificates.server_context(getattr(certificates, pair)))

    await passes(GRPCChecker(tls=True, tls_skip_verify=True), peer.endpoint)


async def test_authority_of_the_system(
    probe: Probe, answer: Answer, certificates: Certificates
) -> None:
    """Without tls_ca_file, an authority of one's own is not trusted."""
    peer = await answer(context=certificates.server_context(certificates.good))

    assert (await probe(GRPCChecker(tls=True), peer)).detail == "tls_error"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_client_certificate(
    probe: Probe, answer: Answer, certificates: Certificates, version: ssl.TLSVersion
) -> None:
    """A server that demands a client certificate accepts the one that is given."""
    context = certificates.server_context(certificates.good, require_client=True)
    context.minimum_version = context.maximum_version = version
    checker = trusting(
        certificates,
        tls_cert_file=str(certificates.client.certificate),
        tls_key_file=str(certificates.client.key),
    )

    assert (await probe(checker, await answer(context=context))).detail == "ok"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_missing_client_certificate(
    probe: Probe,
    fault_proxy: FaultProxyFactory,
    certificates: Certificates,
    version: ssl.TLSVersion,
) -> None:
    """A missing client certificate is a TLS error, though TLS 1.3 tells of it late."""
    context = http2(certificates.server_context(certificates.good, require_client=True))
    context.minimum_version = context.maximum_version = version

    result = await probe(trusting(certificates), fault_proxy(fault=Tls(context)))

    assert result.detail == "tls_error"


async def test_authority(answer: Answer, certificates: Certificates) -> None:
    """The authority is what the server is called in SNI and in its certificate too."""
    names: list[str] = []
    context = certificates.server_context(certificates.wrong_name)
    context.sni_callback = lambda _, name, __: names.append(name)
    peer = await answer(context=context)

    await passes(trusting(certificates, authority="elsewhere.invalid:8443"), peer.endpoint)

    assert names == ["elsewhere.invalid"]
    assert (await peer.asked())[":authority"] == "elsewhere.invalid:8443"


async def test_authority_that_the_certificate_has_not(
    probe: Probe, answer: Answer, certificates: Certificates
) -> None:
    """With authority, the endpoint's own name in the certificate does not help."""
    peer = await answer(context=certificates.server_context(certificates.good))
    checker = trusting(certificates, authority="elsewhere.invalid")

    assert (await probe(checker, peer)).detail == "tls_error"


async def test_authority_in_metadata(answer: Answer, certificates: Certificates) -> None:
    """An authority in the metadata changes that header alone."""
    peer = await answer(context=certificates.server_context(certificates.good))

    await passes(trusting(certificates, metadata={":authority": "elsewhere"}), peer.endpoint)

    assert (await peer.asked())[":authority"] == "elsewhere"


async def test_name_with_a_final_dot(answer: Answer, certificates: Certificates) -> None:
    """The final dot of a full name is none of the certificate's."""
    peer = await answer(context=certificates.server_context(certificates.good))

    await passes(trusting(certificates, authority="localhost."), peer.endpoint)

    assert (await peer.asked())[":authority"] == "localhost."


async def test_grpcs_url(answer: Answer, certificates: Certificates) -> None:
    """A URL with grpcs switches TLS on."""
    peer = await answer(context=certificates.server_context(certificates.good))

    dependency = grpc_check(
        "shop",
        url=f"grpcs://{peer.endpoint}",
        tls_ca_file=str(certificates.authority),
        critical=True,
    )

    await passes(dependency.checker, peer.endpoint)


@pytest.mark.parametrize("protocols", [[], ["http/1.1"]])
async def test_no_agreement_on_http2(
    probe: Probe,
    fault_proxy: FaultProxyFactory,
    certificates: Certificates,
    protocols: list[str],
) -> None:
    """A server with which nobody agrees on HTTP/2 is a TLS error: clients of gRPC refuse it."""
    context = certificates.server_context(certificates.good)
    context.set_alpn_protocols(protocols)

    result = await probe(trusting(certificates), fault_proxy(fault=Tls(context)))

    assert result.detail == "tls_error"
    assert "ALPN" in result.reason


@pytest.mark.parametrize(
    "fault",
    [
        Close(),
        Reset(),
        Garbage(close=True),
        Garbage(ANSWER),
        HandshakeCut(),
        HandshakeCut(reset=True),
    ],
)
async def test_no_handshake(probe: Probe, fault_proxy: FaultProxyFactory, fault: Fault) -> None:
    """Whatever goes wrong in the handshake is a TLS error."""
    assert (await probe(GRPCChecker(tls=True), fault_proxy(fault=fault))).detail == "tls_error"


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (Close(), "connection_reset"),
        (Reset(), "connection_reset"),
        (Garbage(close=True), "error"),
        (Silent(), "timeout"),
    ],
)
async def test_faults_within_tls(
    probe: Probe,
    fault_proxy: FaultProxyFactory,
    certificates: Certificates,
    fault: Fault,
    found: str,
) -> None:
    """After the handshake, faults are told as they are without TLS."""
    secured = Tls(http2(certificates.server_context(certificates.good)), then=fault)

    result = await probe(trusting(certificates), fault_proxy(fault=secured), 1.0)

    assert result.detail == found


async def test_end_without_farewell(probe: Probe, certificates: Certificates) -> None:
    """A server that ends without a word in TLS has cut the connection."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"SM\r\n\r\n")
        writer.transport.abort()

    context = http2(certificates.server_context(certificates.good))
    async with await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        endpoint = Endpoint("127.0.0.1", str(port))
        assert (await probe(trusting(certificates), endpoint)).detail == "connection_reset"


async def test_farewell(certificates: Certificates) -> None:
    """A check that is done says so in TLS before it closes."""
    context = http2(certificates.server_context(certificates.good))
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)

    def answer() -> None:
        plain, _ = listener.accept()
        plain.settimeout(5)
        with context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False) as client:
            client.send(SETTINGS)
            asked = b""
            while data(NOTHING, "END_STREAM") not in asked:
                asked += client.recv(5000)
            client.send(ANSWER.removeprefix(SETTINGS))
            while client.recv(5000):  # raises if the connection just ends
                continue

    with listener:
        answering = asyncio.create_task(asyncio.to_thread(answer))
        port = str(listener.getsockname()[1])
        await passes(trusting(certificates), Endpoint("127.0.0.1", port))
        await answering


async def test_plaintext_to_a_tls_port(
    probe: Probe, answer: Answer, certificates: Certificates
) -> None:
    """Without TLS, what a TLS server does decides: it hangs up, or says what is no HTTP/2."""
    peer = await answer(context=certificates.server_context(certificates.good))

    assert (await probe(GRPCChecker(), peer)).detail in {"connection_reset", "error"}


@pytest.mark.parametrize("option", ["tls_ca_file", "tls_cert_file"])
@pytest.mark.parametrize("tls", [True, False])
def test_file_that_cannot_be_read(tmp_path: Path, option: str, tls: bool) -> None:
    """A file that is not there is found when the checker is made."""
    options: dict[str, Any] = {"tls": tls, option: str(tmp_path / "nothing.pem")}

    with pytest.raises(ConfigurationError, match=f"{option} .* cannot be used: No such file"):
        GRPCChecker(**options)


def test_context_is_made_with_the_checker() -> None:
    """What takes long about TLS is not left to the first check."""
    assert "ssl_context" in vars(GRPCChecker(tls=True))
    assert "ssl_context" not in vars(GRPCChecker())
