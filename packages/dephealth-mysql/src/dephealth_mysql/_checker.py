"""MySQL: run a query, on a new connection or on one of the application's pool."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import aiomysql

from dephealth import (
    AUTH_ERROR,
    CONNECTION_REFUSED,
    CONNECTION_RESET,
    ERROR,
    TLS_ERROR,
    Address,
    CheckError,
    Endpoint,
    ErrorTable,
    Outcome,
    PooledChecker,
    TLSOptions,
    option,
    reveal,
)

from . import _pool
from ._asking import ask_anew
from ._borrowing import ask_pool
from ._connecting import Arguments
from ._errors import DENIED, LOST, STUMBLES, number_of
from ._params import DRIVER_S, cleaned, tls_asked_for


@dataclass(frozen=True, kw_only=True)
class MySQLChecker(TLSOptions, PooledChecker):
    """Run a query; any answer to it is ``ok``.

    Without a pool each check connects anew, to its endpoint alone. With one it
    borrows a connection; if none is free in time, it asks the server on a
    connection of its own whether the pool alone is to blame.

    Any option of TLS switches TLS on, and a server without it is an error.
    Without one, ``ssl-mode`` in `params` decides.
    """

    type: ClassVar[str] = "mysql"
    errors: ClassVar[ErrorTable] = {
        aiomysql.MySQLError: ERROR,
        FileNotFoundError: CONNECTION_REFUSED,
        PermissionError: ERROR,
    }

    query: str = option(default="SELECT 1", help="the query to run")
    pool: Any = option(  # a field, as all options
        default=None,
        kind=object,
        help="the application's aiomysql.Pool, or a callable that gives it",
    )
    username: str | None = option(default=None, help="user to log in as")
    password: str | None = option(default=None, secret=True, help="password to log in with")
    database: str | None = option(default=None, help="database to connect to")
    params: Mapping[str, str] | None = option(
        default=None,
        kind=dict,
        help="options as in a connection URL, such as ssl-mode and charset",
    )

    def __post_init__(self) -> None:
        """Check the options, and read the files of TLS."""
        object.__setattr__(self, "params", cleaned(self.params or {}) or None)
        super().__post_init__()
        _ = self._tls

    @classmethod
    def from_address(cls, address: Address) -> Mapping[str, Any]:
        """The options that *address* sets; `params` is what follows its ``?``."""
        return {**super().from_address(address), "params": address.options or None}

    def locate(self, source: Any) -> tuple[str, int]:
        """Host, or path of the socket, and port that the pool connects to."""
        return _pool.locate(source)

    def verify(self, source: Any) -> None:
        """Accept what works like an `aiomysql.Pool`."""
        _pool.verify(source)

    def loop_of(self, source: Any) -> asyncio.AbstractEventLoop | None:
        """The loop that the pool was made for."""
        return _pool.loop_of(source)

    def classify(self, exc: BaseException) -> Outcome | None:
        """What *exc* means; of a connection that failed, its cause says it if there is one."""
        number = number_of(exc)
        if number in LOST:
            return None if exc.__cause__ else CONNECTION_RESET
        if number in DENIED:
            return AUTH_ERROR
        if isinstance(exc, ConnectionError) and exc.errno is None:
            return TLS_ERROR  # asyncio's way to say that the handshake was cut
        return super().classify(exc)

    async def check(self, endpoint: Endpoint) -> None:
        """Return if the query is answered; raise what says why it is not."""
        pool = self.borrow() if self.pooled else None
        try:
            if pool is None:
                await ask_anew(self._arguments(endpoint), self.query)
            else:
                own = self._arguments(endpoint) if self._has_login else None
                await ask_pool(pool, self.query, own)
        except STUMBLES as exc:
            name = type(exc).__name__  # and no more: it may quote the password of the pool
            raise CheckError(
                f"aiomysql gives up ({name}): the server does not speak MySQL's protocol, "
                "or what is to be sent cannot be encoded"
            ) from exc
        except RuntimeError as exc:  # the pool is closed, a package for a login method is missing
            raise CheckError(str(exc)) from exc

    @property
    def _has_login(self) -> bool:
        return bool(self.username or self.password or self.database or self._tls[0])

    @cached_property
    def _tls(self) -> tuple[ssl.SSLContext | None, bool]:
        """The context of TLS, None if there is to be none; whether it must be used."""
        if self.tls or self.tls_ca_file or self.tls_cert_file or self.tls_skip_verify:
            return self.ssl_context, True
        return tls_asked_for(self.params or {})

    def _arguments(self, endpoint: Endpoint) -> Arguments:
        """What to make an `OwnConnection` with."""
        params = self.params or {}
        is_socket = endpoint.host.startswith("/")
        context, required = self._tls
        return {
            **{name: params[name] for name in DRIVER_S if name in params},
            "host": endpoint.host,
            "port": int(endpoint.port),
            "unix_socket": endpoint.host if is_socket else None,
            "user": self.username,
            # Aiomysql sends Latin-1. Servers are told passwords in UTF-8, which this becomes.
            "password": (reveal(self.password) or "").encode().decode("latin-1"),
            "db": self.database,
            "ssl": None if is_socket else context,
            "requires_tls": required and not is_socket,
        }
