"""Redis: PING."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from redis.exceptions import ConnectionError as RedisConnectionError

from dephealth import (
    Address,
    CheckTlsError,
    Endpoint,
    ErrorTable,
    Outcome,
    PooledChecker,
    TLSOptions,
    option,
    reveal,
)

from ._client import ping_through
from ._connection import OwnConnection
from ._errors import ERRORS, outcome_of
from ._ping import ping
from ._source import address_of, loop_of, verify
from ._url import database, options_in


@dataclass(frozen=True, kw_only=True)
class RedisChecker(TLSOptions, PooledChecker):
    """Connect, log in, PING; or PING through the application's own client."""

    type: ClassVar[str] = "redis"
    source_option: ClassVar[str] = "client"
    errors: ClassVar[ErrorTable] = ERRORS

    username: str | None = option(default=None, help="user to log in as (ACL)")
    password: str | None = option(default=None, secret=True, help="password to log in with")
    db: int = option(default=0, kind=int, help="number of the database")
    client: Any = option(
        default=None,
        kind=object,
        help="redis.asyncio.Redis or RedisCluster to ask through, or a callable that gives it",
    )
    tls_check_hostname: bool = option(
        default=True, kind=bool, help="whether the certificate must be for the host's name"
    )

    def __post_init__(self) -> None:
        """Check what can be known now."""
        super().__post_init__()
        object.__setattr__(self, "db", database(self.db))

    async def check(self, endpoint: Endpoint) -> None:
        """Return if *endpoint*, or the application's client, gets PONG."""
        if self.pooled:
            await ping_through(self.borrow())
            return
        unix = endpoint.host.startswith("/")
        connection = OwnConnection(
            endpoint.host,
            int(endpoint.port),
            self.ssl_context if self.tls and not unix else None,
            username=self.username,
            password=reveal(self.password),
            db=self.db,
        )
        try:
            await connection.connect()  # type: ignore[no-untyped-call]
            await ping(connection)
        except RedisConnectionError as exc:
            if connection.lacks_certificate:
                raise CheckTlsError("the server wants a certificate of the client") from exc
            raise
        finally:
            await connection.disconnect()

    def classify(self, exc: BaseException) -> Outcome | None:
        """What *exc* means, None if that is for its cause or the core to say."""
        return outcome_of(exc)

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        """The context for all checks, made when first needed.

        Raises:
            ConfigurationError: A file cannot be read, or is not what it should be.
        """
        context = super().ssl_context
        context.check_hostname = context.check_hostname and self.tls_check_hostname
        return context

    def verify(self, source: Any) -> None:
        """Raise `ConfigurationError` unless *source* is a client of redis.asyncio."""
        verify(source)

    def locate(self, source: Any) -> tuple[str, str | int]:
        """Host and port that *source* is configured with."""
        return address_of(source)

    def loop_of(self, source: Any) -> asyncio.AbstractEventLoop | None:
        """The loop that *source* has connections on, None if it has none."""
        return loop_of(source)

    @classmethod
    def from_address(cls, address: Address) -> Mapping[str, Any]:
        """The options that *address* sets, redis-py's own among them."""
        return options_in(address)
