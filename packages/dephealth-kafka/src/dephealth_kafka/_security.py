"""Which of Kafka's security protocols is spoken (README.md, "Options")."""

from __future__ import annotations

from collections.abc import Sequence

from dephealth import ConfigurationError

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


def settle(
    protocol: str | None,
    mechanism: str | None,
    credentials: Sequence[str],
    tls_options: Sequence[str],
    *,
    tls: bool,
) -> tuple[str, str | None]:
    """The protocol to speak, and the mechanism to log in with (None: no login).

    Args:
        protocol: As the user gave it; None to have it follow from the rest.
        mechanism: As the user gave it; None for ``PLAIN``.
        credentials: Which of ``username`` and ``password`` are given.
        tls_options: Which options are given that are of no use without TLS.
        tls: Whether TLS is asked for.

    Raises:
        ConfigurationError: One is unknown, or they contradict each other.
    """
    protocol = _known("security_protocol", protocol, PROTOCOLS)
    mechanism = _known("sasl_mechanism", mechanism, MECHANISMS)
    if len(credentials) == 1:
        raise ConfigurationError(f"{credentials[0]} is given alone: username and password needed")
    if mechanism and not credentials:
        raise ConfigurationError("sasl_mechanism is given without username and password")
    if protocol is None:
        protocol = ("SASL_" if credentials else "") + ("SSL" if tls else "PLAINTEXT")
    if credentials and not protocol.startswith("SASL_"):
        raise ConfigurationError(
            f"security_protocol {protocol!r} sends no username and password: 'SASL_{protocol}' does"
        )
    if protocol.startswith("SASL_") and not credentials:
        raise ConfigurationError(f"security_protocol {protocol!r} needs username and password")
    if not uses_tls(protocol) and (tls or tls_options):
        given = ", ".join(["tls=True"] if tls else tls_options)
        raise ConfigurationError(
            f"{given} is given, but {protocol!r} is spoken without TLS: "
            f"security_protocol={protocol.replace('PLAINTEXT', 'SSL')!r} uses it"
        )
    return protocol, (mechanism or "PLAIN") if credentials else None


def uses_tls(protocol: str) -> bool:
    """Whether *protocol*, one of `PROTOCOLS`, is spoken inside of TLS."""
    return protocol.endswith("SSL")


def _known(option: str, value: str | None, known: Sequence[str]) -> str | None:
    if value is None:
        return None
    if value.upper() not in known:
        raise ConfigurationError(f"{option} {value!r:.40} is none of: {', '.join(known)}")
    return value.upper()
