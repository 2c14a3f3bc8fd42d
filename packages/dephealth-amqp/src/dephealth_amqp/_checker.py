"""AMQP: connect up to the broker's word that the virtual host is open, and close."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import aiormq
from pamqp.exceptions import PAMQPException
from yarl import URL

from dephealth import (
    AUTH_ERROR,
    CONNECTION_RESET,
    ERROR,
    Address,
    Checker,
    CheckError,
    CheckTlsError,
    Endpoint,
    ErrorTable,
    TLSOptions,
    option,
    reveal,
)

from ._connection import Connection
from ._transport import Transport


@dataclass(frozen=True, kw_only=True)
class AMQPChecker(TLSOptions, Checker):
    """Log in to the broker and open a virtual host; no channel is opened.

    Without a user it logs in as ``guest`` with the password ``guest``, as the
    driver does, whom RabbitMQ lets in over loopback only.
    """

    type: ClassVar[str] = "amqp"
    errors: ClassVar[ErrorTable] = {
        aiormq.exceptions.AuthenticationError: AUTH_ERROR,
        aiormq.exceptions.ProbableAuthenticationError: AUTH_ERROR,
        aiormq.exceptions.AMQPConnectionError: CONNECTION_RESET,
        aiormq.exceptions.AMQPError: ERROR,
        aiormq.exceptions.ChannelInvalidStateError: ERROR,
        PAMQPException: ERROR,
        # What aiormq raises if the broker has closed before a frame was waited for.
        StopAsyncIteration: CONNECTION_RESET,
    }

    vhost: str = option(default="/", help="the virtual host to open")
    username: str | None = option(default=None, help="user to log in as")
    password: str | None = option(default=None, secret=True, help="password to log in with")

    def __post_init__(self) -> None:
        """Hide the password, and read the files of TLS."""
        super().__post_init__()
        if self._has_tls:
            self.ssl_context  # noqa: B018  # now rather than in the first check

    @classmethod
    def from_address(cls, address: Address) -> Mapping[str, Any]:
        """The options that *address* sets; its path is the virtual host."""
        return {**super().from_address(address), "vhost": address.path or None}

    async def check(self, endpoint: Endpoint) -> None:
        """Return once the virtual host is open; raise what says why it is not."""
        context = self.ssl_context if self._has_tls else None
        url = URL.build(
            scheme="amqp",
            user=self.username,
            password=reveal(self.password),
            host="broker",
            query={"heartbeat": "0"},
        )
        transport = Transport(endpoint, context)
        connection = Connection(url, transport_factory=transport)
        connection.vhost = self.vhost
        try:
            await self._open(connection, transport)
        finally:
            # Who is cancelled in the driver's `connect` or `close` may leave everything as it is.
            transport.abort()

    @staticmethod
    async def _open(connection: Connection, transport: Transport) -> None:
        try:
            await connection.connect()
        except aiormq.AMQPConnectionError as exc:
            if transport.lacks_certificate:
                raise CheckTlsError("the broker wants a certificate of the client") from exc
            if isinstance(exc.__cause__, OSError):
                # It says more than the driver's own: which error of the socket, or of TLS.
                raise exc.__cause__ from None
            raise
        except RecursionError as exc:
            raise CheckError("the answer is not AMQP: tables within tables without end") from exc
        await connection.close()

    @property
    def _has_tls(self) -> bool:
        return bool(self.tls or self.tls_ca_file or self.tls_cert_file or self.tls_skip_verify)
