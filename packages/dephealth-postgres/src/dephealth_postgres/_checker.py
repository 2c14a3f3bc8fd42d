"""PostgreSQL: run a query, on a new connection or on one of the application's pool."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

import asyncpg

from dephealth import (
    AUTH_ERROR,
    CONNECTION_RESET,
    ERROR,
    Address,
    CheckConnectionRefusedError,
    Endpoint,
    ErrorTable,
    Outcome,
    PooledChecker,
    Secret,
    TLSOptions,
    option,
    reveal,
)

from . import _pool
from ._asking import ask_anew
from ._borrowing import ask_pool
from ._params import cleaned
from ._parsing import Arguments

_SHORTEST = 4
"""Characters of a secret: a shorter option ("on", "0") stands in any text, and would hide it."""


@dataclass(frozen=True, kw_only=True)
class PostgresChecker(TLSOptions, PooledChecker):
    """Run a query; any answer to it is ``ok``.

    Without a pool each check connects anew, to its endpoint alone. With one it
    borrows a connection; if none is free in time, it asks the server on a
    connection of its own whether the pool alone is to blame.

    Any option of TLS switches TLS on. Without one, ``sslmode`` in `params`
    decides. What is not given but the address, asyncpg looks for in its
    ``PG…`` variables and in ``~/.pgpass``.
    """

    type: ClassVar[str] = "postgres"
    errors: ClassVar[ErrorTable] = {
        asyncpg.InvalidAuthorizationSpecificationError: AUTH_ERROR,
        asyncpg.InsufficientPrivilegeError: AUTH_ERROR,
        asyncpg.ConnectionDoesNotExistError: CONNECTION_RESET,
        asyncpg.PostgresError: ERROR,
        asyncpg.InterfaceError: ERROR,
        asyncpg.InternalClientError: ERROR,
        FileNotFoundError: ERROR,
        PermissionError: ERROR,
    }

    query: str = option(default="SELECT 1", help="the query to run")
    pool: Any = option(
        default=None,
        kind=object,
        help="the application's asyncpg.Pool, or a callable that gives it",
    )
    username: str | None = option(default=None, help="user to log in as")
    password: str | None = option(default=None, secret=True, help="password to log in with")
    database: str | None = option(default=None, help="database to connect to")
    params: Mapping[str, str] | None = option(
        default=None,
        kind=dict,
        secret=True,
        help="options as in a connection URL, such as sslmode and application_name",
    )

    def __post_init__(self) -> None:
        """Check the options, and read the files of TLS."""
        object.__setattr__(self, "params", cleaned(reveal(self.params or {})) or None)
        super().__post_init__()
        if self._has_tls:
            # Servers ask for it where TLS comes first (sslnegotiation=direct).
            self.ssl_context.set_alpn_protocols(["postgresql"])

    @classmethod
    def from_address(cls, address: Address) -> Mapping[str, Any]:
        """The options that *address* sets; `params` is what follows its ``?``."""
        return {**super().from_address(address), "params": address.options or None}

    def locate(self, source: Any) -> tuple[str, int]:
        """Host, or directory of the socket, and port that the pool connects to first."""
        return _pool.locate(source)

    def verify(self, source: Any) -> None:
        """Accept what works like an `asyncpg.Pool`."""
        _pool.verify(source)

    def loop_of(self, source: Any) -> asyncio.AbstractEventLoop | None:
        """The loop that the pool was made for."""
        return _pool.loop_of(source)

    def classify(self, exc: BaseException) -> Outcome | None:
        """What *exc* means; if the operating system or TLS ended a connection, what they say."""
        if isinstance(exc, asyncpg.ConnectionDoesNotExistError) and isinstance(
            exc.__cause__, OSError
        ):
            return None
        return super().classify(exc)

    def secrets(self) -> Iterator[Secret]:
        """The values that no text may show; of `params` only those that could be a password."""
        params = self.params or {}
        passwords = {self.password, *(params[key] for key in params if "password" in key)}
        for secret in super().secrets():
            if secret in passwords or len(secret.reveal()) >= _SHORTEST:
                yield secret

    async def check(self, endpoint: Endpoint) -> None:
        """Return if the query is answered; raise what says why it is not."""
        try:
            if self.pooled:
                own = self._arguments(endpoint) if self._has_login else None
                await ask_pool(self.borrow(), self.query, own)
            else:
                await ask_anew(self._arguments(endpoint), self.query)
        except FileNotFoundError as exc:
            if endpoint.host.startswith("/"):
                raise CheckConnectionRefusedError(f"no socket is at {endpoint}") from exc
            raise

    @property
    def _has_tls(self) -> bool:
        return bool(self.tls or self.tls_ca_file or self.tls_cert_file or self.tls_skip_verify)

    @property
    def _has_login(self) -> bool:
        given = self.username or self.password or self.database or self.params
        return bool(given) or self._has_tls

    def _arguments(self, endpoint: Endpoint) -> Arguments:
        """What to give to `asyncpg.connect`."""
        params: dict[str, str] = reveal(self.params or {})
        tls: ssl.SSLContext | str | bool | None = params.pop("sslmode", None)
        if self._has_tls:
            tls = self.ssl_context
        if endpoint.host.startswith("/"):
            # There is no TLS on a socket, and its files may not be there.
            tls = False
            params = {key: text for key, text in params.items() if not key.startswith("ssl")}
        return {
            "dsn": f"postgresql://?{urlencode(params)}" if params else None,
            "host": endpoint.host,
            "port": int(endpoint.port),
            "user": self.username,
            "password": reveal(self.password),
            "database": self.database,
            "ssl": tls,
            "target_session_attrs": "any",
            "timeout": None,
            # Servers behind a pooler may know nothing of what was prepared before.
            "statement_cache_size": 0,
        }
