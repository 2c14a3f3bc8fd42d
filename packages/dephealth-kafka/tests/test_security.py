"""The security protocol: what follows from what, and what contradicts what."""

from __future__ import annotations

from typing import Any

import pytest

from dephealth import ConfigurationError
from dephealth.api import kafka_check
from dephealth_kafka import KafkaChecker
from dephealth_testing import Certificates

_LOGIN = {"username": "app", "password": "s3cret"}


@pytest.mark.parametrize(
    ("options", "protocol", "mechanism"),
    [
        ({}, "PLAINTEXT", None),
        ({"tls": True}, "SSL", None),
        (_LOGIN, "SASL_PLAINTEXT", "PLAIN"),
        ({**_LOGIN, "tls": True}, "SASL_SSL", "PLAIN"),
        ({"security_protocol": "plaintext"}, "PLAINTEXT", None),
        ({"security_protocol": "ssl"}, "SSL", None),
        ({"security_protocol": "Ssl", "tls": True}, "SSL", None),
        ({**_LOGIN, "security_protocol": "sasl_plaintext"}, "SASL_PLAINTEXT", "PLAIN"),
        ({**_LOGIN, "security_protocol": "SASL_SSL"}, "SASL_SSL", "PLAIN"),
        ({**_LOGIN, "sasl_mechanism": "scram-sha-256"}, "SASL_PLAINTEXT", "SCRAM-SHA-256"),
        ({**_LOGIN, "sasl_mechanism": "SCRAM-SHA-512"}, "SASL_PLAINTEXT", "SCRAM-SHA-512"),
    ],
)
def test_what_is_not_given_follows(
    options: dict[str, Any], protocol: str, mechanism: str | None
) -> None:
    """TLS and credentials decide on the protocol, which is read without regard to case."""
    checker = KafkaChecker(**options)
    assert checker.security_protocol == protocol
    assert checker.sasl_mechanism == mechanism
    assert checker.tls == protocol.endswith("SSL")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"security_protocol": "TLS"}, "security_protocol 'TLS' is none of: PLAINTEXT, SSL"),
        ({**_LOGIN, "sasl_mechanism": "GSSAPI"}, "sasl_mechanism 'GSSAPI' is none of: PLAIN"),
        ({"username": "app"}, "username is given alone"),
        ({"password": "s3cret"}, "password is given alone"),
        ({"sasl_mechanism": "PLAIN"}, "without username and password"),
        ({**_LOGIN, "security_protocol": "PLAINTEXT"}, "'SASL_PLAINTEXT' does"),
        ({**_LOGIN, "security_protocol": "SSL"}, "'SASL_SSL' does"),
        ({"security_protocol": "SASL_SSL"}, "'SASL_SSL' needs username and password"),
        ({"security_protocol": "SASL_PLAINTEXT"}, "'SASL_PLAINTEXT' needs username"),
        ({"security_protocol": "PLAINTEXT", "tls": True}, "tls=True is given, but 'PLAINTEXT'"),
        (
            {**_LOGIN, "security_protocol": "SASL_PLAINTEXT", "tls": True},
            "security_protocol='SASL_SSL' uses it",
        ),
        ({"tls_skip_verify": True}, "tls_skip_verify is given"),
    ],
)
def test_contradiction_is_an_error(options: dict[str, Any], message: str) -> None:
    """What cannot be together is rejected when the checker is made; no password is shown."""
    with pytest.raises(ConfigurationError) as failure:
        KafkaChecker(**options)

    assert message in str(failure.value)
    assert "s3cret" not in str(failure.value)


def test_authority_without_tls_is_an_error(certificates: Certificates) -> None:
    """Who gives the authority to trust means TLS, and must not be left without."""
    with pytest.raises(ConfigurationError, match="tls_ca_file is given, but 'PLAINTEXT'"):
        KafkaChecker(tls_ca_file=str(certificates.authority))


def test_url_has_options(certificates: Certificates) -> None:
    """The security protocol, the mechanism and the files of TLS may stand in the URL."""
    ca_file, client = certificates.authority, certificates.client
    url = (
        "kafka://app:s3cret@b0,b1:9093/?security_protocol=sasl_ssl&sasl_mechanism=scram-sha-512"
        f"&tls_ca_file={ca_file}&tls_cert_file={client.certificate}&tls_key_file={client.key}"
    )
    dependency = kafka_check("events", url=url, critical=True)

    assert [str(endpoint) for endpoint in dependency.endpoints] == ["b0:9092", "b1:9093"]
    assert dependency.checker == KafkaChecker(
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        username="app",
        password="s3cret",
        tls=True,
        tls_ca_file=str(ca_file),
        tls_cert_file=str(client.certificate),
        tls_key_file=str(client.key),
    )


def test_argument_beats_the_url() -> None:
    """What is given as an argument counts, whatever the URL says."""
    dependency = kafka_check(
        "events",
        url="kafka://b0?security_protocol=SSL",
        security_protocol="PLAINTEXT",
        critical=True,
    )

    assert dependency.checker == KafkaChecker()


def test_default_port() -> None:
    """A host without a port is asked on 9092."""
    assert str(kafka_check("events", host="b0", critical=True).endpoints[0]) == "b0:9092"


def test_password_is_hidden() -> None:
    """The ``repr`` of a checker does not show the password."""
    assert "s3cret" not in repr(KafkaChecker(username="app", password="s3cret"))
