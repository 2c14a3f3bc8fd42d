"""gRPC: ask the standard health service (grpc.health.v1)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from dephealth import (
    Address,
    Checker,
    CheckError,
    ConfigurationError,
    Endpoint,
    TLSOptions,
    UnhealthyError,
    option,
    resolve,
    reveal,
)

from ._authority import authority_of, host_of, server_name
from ._call import call
from ._health import ServingStatus, request, serving_status
from ._metadata import Header, own_metadata, request_headers
from ._stream import Stream, TLSStream, connect

_LONGEST_NAME = 1024
_DETAILS: Mapping[int, str] = {
    ServingStatus.NOT_SERVING: "grpc_not_serving",
    ServingStatus.UNKNOWN: "grpc_unknown",
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
            _ = self.ssl_context  # takes so long that a first check would look slow

    async def check(self, endpoint: Endpoint) -> None:
        """Return if the server says ``SERVING``.

        Raises:
            UnhealthyError: It says ``NOT_SERVING`` or ``UNKNOWN``.
            CheckAuthError: It answers UNAUTHENTICATED or PERMISSION_DENIED.
            CheckTlsError: TLS could not be set up.
            CheckError: It answers anything else, in gRPC or not.
            OSError: There is no answer.
        """
        stream: Stream = await connect(await resolve(endpoint.host), int(endpoint.port))
        try:
            if self.tls:
                name = self._authority_host() or server_name(endpoint.host)
                stream = TLSStream(stream, self.ssl_context, name.removesuffix("."))
                await stream.handshake()
            headers = request_headers(self._own_metadata(), authority_of(endpoint), tls=self.tls)
            answer = await call(stream, headers, request(self.service_name))
        finally:
            stream.close()
        _judge(serving_status(answer))

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

    def _own_metadata(self) -> Sequence[Header]:
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
    if status == ServingStatus.SERVING:
        return
    known = status in set(ServingStatus)
    text = f"the server says {ServingStatus(status).name if known else f'status {status}'}"
    if status in _DETAILS:
        raise UnhealthyError(text, detail=_DETAILS[status])
    raise CheckError(text)
