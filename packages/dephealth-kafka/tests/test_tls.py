"""TLS: what can fail in it, and what is shown."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import KafkaException

from dephealth import Endpoint, check_once
from dephealth_kafka import KafkaChecker
from dephealth_testing import (
    Certificates,
    Close,
    Fault,
    FaultProxy,
    Garbage,
    HandshakeCut,
    Refuse,
    Reset,
    Silent,
    Tls,
)


async def _detail(fault: Fault, host: str = "localhost", **options: Any) -> str:
    async with FaultProxy(fault=fault) as server:
        endpoint = Endpoint(host, str(server.port))
        check = await check_once(KafkaChecker(**options), endpoint, 1.0)
    assert check.outcome is not None, check
    assert check.expected, check
    return check.outcome.detail


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("wrong", ["untrusted", "expired", "wrong_name"])
async def test_wrong_certificate_is_a_tls_error(
    certificates: Certificates, wrong: str, host: str
) -> None:
    """A certificate that is wrong in any way is rejected."""
    fault = Tls(certificates.server_context(getattr(certificates, wrong)), Close())
    ca_file = str(certificates.authority)
    assert await _detail(fault, host, tls=True, tls_ca_file=ca_file) == "tls_error"


@pytest.mark.parametrize("wrong", ["untrusted", "expired", "wrong_name"])
async def test_wrong_certificate_is_accepted_if_asked(
    certificates: Certificates, wrong: str
) -> None:
    """With ``tls_skip_verify`` it is what follows the handshake that counts."""
    fault = Tls(certificates.server_context(getattr(certificates, wrong)), Close())
    assert await _detail(fault, tls=True, tls_skip_verify=True) == "connection_reset"


@pytest.mark.parametrize(
    ("fault", "detail"),
    [
        (Refuse(), "connection_refused"),
        (Silent(), "timeout"),
        (HandshakeCut(), "tls_error"),
        (HandshakeCut(reset=True), "tls_error"),
        (Close(), "tls_error"),
        (Reset(), "tls_error"),
        (Garbage(close=True), "tls_error"),
    ],
)
async def test_failure_before_the_end_of_the_handshake(fault: Fault, detail: str) -> None:
    """What fails while TLS is being set up is a TLS error; a refusal and silence are not."""
    assert await _detail(fault, tls=True) == detail


@pytest.mark.parametrize(
    ("then", "detail"),
    [
        (Silent(), "timeout"),
        (Close(), "connection_reset"),
        (Reset(), "connection_reset"),
        (Garbage(close=True), "error"),
    ],
)
async def test_failure_after_the_handshake(
    certificates: Certificates, then: Fault, detail: str
) -> None:
    """What fails inside of TLS is what it would be without."""
    fault = Tls(certificates.server_context(certificates.good), then)
    ca_file = str(certificates.authority)
    assert await _detail(fault, tls=True, tls_ca_file=ca_file) == detail


async def test_missing_client_certificate_is_a_tls_error(certificates: Certificates) -> None:
    """A broker that rejects the client for its certificate is a TLS error."""
    context = certificates.server_context(certificates.good, require_client=True)
    ca_file = str(certificates.authority)
    assert await _detail(Tls(context), tls=True, tls_ca_file=ca_file) == "tls_error"


async def test_client_certificate_is_shown(certificates: Certificates) -> None:
    """A broker that asks for a certificate gets the one that was given."""
    context = certificates.server_context(certificates.good, require_client=True)
    detail = await _detail(
        Tls(context, Close()),
        tls=True,
        tls_ca_file=str(certificates.authority),
        tls_cert_file=str(certificates.client.certificate),
        tls_key_file=str(certificates.client.key),
    )
    assert detail == "connection_reset"


async def test_address_that_is_asked_is_of_the_kind_that_it_is_the_turn_of() -> None:
    """A name is given to librdkafka, but it looks among the IPv6 addresses alone for one."""
    async with FaultProxy(fault=Close()) as server:
        endpoint = Endpoint("localhost", str(server.port))
        with pytest.raises((OSError, KafkaException)):
            await KafkaChecker(tls=True)._check_at_any(endpoint, ["::1"])

        assert server.connections == 0


async def test_plaintext_on_a_tls_port_is_no_answer(certificates: Certificates) -> None:
    """A client without TLS is closed on by a broker that expects it."""
    fault = Tls(certificates.server_context(certificates.good))
    assert await _detail(fault) == "connection_reset"
