"""Kafka: the metadata of the cluster, from each broker itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from confluent_kafka import KafkaException

from dephealth import (
    Address,
    CheckAuthError,
    Checker,
    Endpoint,
    Outcome,
    TLSOptions,
    UnhealthyError,
    in_thread,
    option,
    options_of,
    resolve,
    reveal,
)

from ._errors import failure_of, outcome_of
from ._login import wants_login
from ._metadata import MetadataRequest
from ._security import MECHANISMS, PROTOCOLS, settle, uses_tls

_IN_URL = frozenset(
    {"security_protocol", "sasl_mechanism", "tls_ca_file", "tls_cert_file", "tls_key_file"}
)
"""Options that a URL may have behind its ``?``."""


@dataclass(frozen=True, kw_only=True)
class KafkaChecker(TLSOptions, Checker):
    """Connect, log in, ask for metadata; whoever else is named there is not asked."""

    type: ClassVar[str] = "kafka"

    security_protocol: str | None = option(
        default=None,
        help=f"{', '.join(PROTOCOLS)}; follows from tls and username if not given",
    )
    sasl_mechanism: str | None = option(
        default=None, help=f"{', '.join(MECHANISMS)}; the first if not given"
    )
    username: str | None = option(default=None, help="user to log in as (SASL)")
    password: str | None = option(default=None, secret=True, help="password to log in with")

    def __post_init__(self) -> None:
        """Settle what is spoken."""
        super().__post_init__()
        protocol, mechanism = settle(
            self.security_protocol,
            self.sasl_mechanism,
            credentials=[name for name in ("username", "password") if getattr(self, name)],
            tls_options=[
                name
                for name, option in options_of(TLSOptions).items()
                if name != "tls" and getattr(self, name) != option.default
            ],
            tls=self.tls,
        )
        object.__setattr__(self, "security_protocol", protocol)
        object.__setattr__(self, "sasl_mechanism", mechanism)
        object.__setattr__(self, "tls", uses_tls(protocol))

    async def check(self, endpoint: Endpoint) -> None:
        """Return if the broker at *endpoint* names the brokers of its cluster.

        The addresses of a name are tried one after the other; what the last one
        met counts if there is a connection to none.
        """
        await self._check_at_any(endpoint, await resolve(endpoint.host))

    async def _check_at_any(self, endpoint: Endpoint, addresses: Sequence[str]) -> None:
        failure: Exception | None = None
        for address in addresses:
            failure = await self._ask(self._settings(endpoint, address))
            if not isinstance(failure, OSError):
                break
        if failure is not None:
            raise await self._explained(failure, endpoint, address)

    async def _ask(self, settings: Mapping[str, Any]) -> Exception | None:
        """What is wrong with the broker that *settings* lead to."""
        request = MetadataRequest(settings)
        try:
            await in_thread(request.run, request.end)
        except KafkaException as exc:  # there is no client to ask with
            return failure_of(exc.args[0])
        if request.answered:
            return None
        if request.nameless:
            return UnhealthyError("the broker answers, but names no brokers", detail="no_brokers")
        return failure_of(request.errors[0])

    async def _explained(self, failure: Exception, endpoint: Endpoint, address: str) -> Exception:
        """*failure*, or what is behind it if the broker hangs up on who does not log in."""
        if self.username or not isinstance(failure, ConnectionResetError):
            return failure
        context = self.ssl_context if self.tls else None
        if not await wants_login(address, int(endpoint.port), context, endpoint.host):
            return failure
        return CheckAuthError("the broker wants a login, and hangs up without")

    def _settings(self, endpoint: Endpoint, address: str) -> Mapping[str, Any]:
        """The options in librdkafka's terms, for one of the addresses of *endpoint*."""
        # A certificate is for the name. It is looked up anew then, but answered just now.
        host = endpoint.host if self.tls else address
        settings = {
            "bootstrap.servers": f"{f'[{host}]' if ':' in host else host}:{endpoint.port}",
            "broker.address.family": "v6" if ":" in address else "v4",
            "security.protocol": self.security_protocol,
            "sasl.mechanisms": self.sasl_mechanism,
            "sasl.username": self.username,
            "sasl.password": reveal(self.password),
        }
        if self.tls:
            settings |= {
                "enable.ssl.certificate.verification": not self.tls_skip_verify,
                "ssl.ca.location": self.tls_ca_file,
                "ssl.certificate.location": self.tls_cert_file,
                "ssl.key.location": self.tls_key_file or self.tls_cert_file,
            }
        return {name: value for name, value in settings.items() if value is not None}

    def classify(self, exc: BaseException) -> Outcome | None:
        """What *exc* means if it is librdkafka's."""
        return outcome_of(exc)

    @classmethod
    def from_address(cls, address: Address) -> Mapping[str, Any]:
        """The options that *address* sets."""
        return {
            **super().from_address(address),
            **{name: address.options[name] for name in _IN_URL & address.options.keys()},
        }
