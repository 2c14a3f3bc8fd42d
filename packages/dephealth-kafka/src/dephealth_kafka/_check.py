"""``kafka_check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dephealth import CheckOptions, Dependency, declare

from .plugin import SPEC

if TYPE_CHECKING:
    from typing import Unpack


class KafkaOptions(CheckOptions, total=False):
    """The keywords of `kafka_check` (README.md)."""

    security_protocol: str | None
    sasl_mechanism: str | None
    username: str | None
    password: str | None
    tls: bool | None
    tls_ca_file: str | None
    tls_cert_file: str | None
    tls_key_file: str | None
    tls_skip_verify: bool | None


def kafka_check(name: str, **options: Unpack[KafkaOptions]) -> Dependency:
    """Declare a dependency that is there if each of its Kafka brokers answers by itself.

    Raises:
        ConfigurationError: It cannot be checked as declared (docs/configuration.md).
    """
    return declare(SPEC, name, options)
