"""gRPC: ask the standard health service (grpc.health.v1)."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from grpc_health.v1.health_pb2 import HealthCheckResponse

from dephealth import (
    Address,
    Checker,
    CheckError,
    ConfigurationError,
    Endpoint,
    TLSOptions,
    UnhealthyError,
    __version__,
    option,
    resolve,
    reveal,
)

from ._asking import Security, ask
from ._authority import authority_of, host_of, server_name
from ._call import Call
from ._metadata import AUTHORITY, Metadatum, own_metadata

_LONGEST_NAME = 1024
_USER_AGENT = "user-agent"
_DETAILS: Mapping[int, str] = {
    HealthCheckResponse.NOT_SERVING: "grpc_not_serving",
    HealthCheckResponse.UNKNOWN: "grpc_unknown",
}

logger = logging.getLogger("dephealth")


@dataclass(frozen=True, kw_only=True)
class GRPCChecker(TLSOptions, Checker):
    """Call ``grpc.health.v1.Health/Check`` for `service_name`; ``SERVING`` passes.

    Each check makes a connection of its own: one that is kept would not show
    that new ones fail.

    Raises:
        ConfigurationError: The options cannot be, or not together.
    """

    type: ClassVar[str] = "grpc"

    service_name: str = option(
        default="", help="the service to ask for; empty asks for the whole server"
    )
    metadata: Mapping[str, str | bytes] | None = option(
        default=None, kind=dict, secret=True, help="further metadata of the call"
    )
    bearer_token: str | None = option(
        default=None, env="BEARER_TOKEN", secret=True, help="token for authorization: Bearer"
    )
    basic_auth: tuple[str, str] | None = option(
        default=None,
        kind=list,
        env=("BASIC_USERNAME", "BASIC_PASSWORD"),
        secret=True,
        help="user and password for authorization: Basic",
    )
    authority: str | None = option(
        default=None,
        env="GRPC_AUTHORITY",
        help=":authority and, with TLS, SNI and the name in the certificate",
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be asked, and hide the secrets."""
        super().__post_init__()
        _check_service_name(self.service_name)
        self._own_metadata()
        self._authority_host()
        if self.tls:
            _ = self._context  # takes so long that a first check would look slow

    async def check(self, endpoint: Endpoint) -> None:
        """Return if the server says ``SERVING``.

        Raises:
            UnhealthyError: It says ``NOT_SERVING`` or ``UNKNOWN``.
            CheckAuthError: It answers UNAUTHENTICATED or PERMISSION_DENIED.
            CheckTlsError: TLS could not be set up.
            CheckError: It answers anything else, in gRPC or not.
            OSError: There is no answer.
        """
        addresses = await resolve(endpoint.host)
        security = None
        if self.tls:
            name = self._authority_host() or server_name(endpoint.host)
            security = Security(self._context, name)
        _judge(await ask(self._call(endpoint), addresses, endpoint.port, security))

    @classmethod
    def from_address(cls, address: Address) -> Mapping[str, Any]:
        """TLS, and user and password as basic_auth. A path counts for nothing."""
        if address.path or address.options:
            # Not quoted: paths and queries carry tokens.
            logger.warning(
                "%s:%s: the path and query of a grpc URL are ignored: "
                "service_name= says what is asked for",
                *address.hosts[0],
            )
        found: dict[str, Any] = {"tls": address.tls or None}
        if address.username is not None or address.password is not None:
            found["basic_auth"] = (address.username or "", address.password or "")
        return found

    def _call(self, endpoint: Endpoint) -> Call:
        own = self._own_metadata()
        special = {AUTHORITY: authority_of(endpoint), _USER_AGENT: f"dephealth/{__version__}"}
        special |= {key: str(value) for key, value in own if key in special}
        return Call(
            service=self.service_name,
            authority=special[AUTHORITY],
            user_agent=special[_USER_AGENT],
            tls=self.tls,
            metadata=[pair for pair in own if pair[0] not in special],
        )

    @cached_property
    def _context(self) -> ssl.SSLContext:
        context = self.ssl_context
        context.set_alpn_protocols(["h2"])
        context.options |= ssl.OP_NO_RENEGOTIATION  # RFC 9113 section 9.2.1
        return context

    def _own_metadata(self) -> Sequence[Metadatum]:
        return own_metadata(
            reveal(self.metadata),
            reveal(self.bearer_token),
            reveal(self.basic_auth),
            self.authority,
        )

    def _authority_host(self) -> str:
        return host_of(self.authority) if self.authority else ""


def _check_service_name(name: object) -> None:
    if not isinstance(name, str):
        raise ConfigurationError(f"service_name must be a text, not {type(name).__name__}")
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        raise ConfigurationError("service_name cannot be encoded as UTF-8") from None
    if length > _LONGEST_NAME:
        raise ConfigurationError(f"service_name is longer than {_LONGEST_NAME} bytes")


def _judge(status: int) -> None:
    if status == HealthCheckResponse.SERVING:
        return
    known = {value: name for name, value in HealthCheckResponse.ServingStatus.items()}
    text = f"the server says {known.get(status, f'status {status}')}"
    if status in _DETAILS:
        raise UnhealthyError(text, detail=_DETAILS[status])
    raise CheckError(text)
