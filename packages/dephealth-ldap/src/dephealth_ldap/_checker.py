"""LDAP: log in, or find an entry."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from dephealth import (
    Address,
    ConfigurationError,
    Endpoint,
    PooledChecker,
    TLSOptions,
    option,
    reveal,
)

from . import _source
from ._client import ask_through
from ._dialogue import time_limit
from ._link import Route, converse
from ._requests import ANONYMOUS_BIND, SCOPES, Request, bind, root_dse, search
from ._tls import OwnTls

_METHODS = ("anonymous_bind", "simple_bind", "root_dse", "search")
_BINDS = frozenset({"anonymous_bind", "simple_bind"})


@dataclass(frozen=True, kw_only=True)
class LdapChecker(TLSOptions, PooledChecker):
    """Log in, or search, as `check_method` says; a good answer is ``ok``.

    ``root_dse`` and ``search`` log in first where `bind_dn` and
    `bind_password` are given. With a client they ask on its connection, as
    whoever it has logged in as; the other two on a connection of their own to
    its server.
    """

    type: ClassVar[str] = "ldap"
    source_option: ClassVar[str] = "client"
    bound_to_loop: ClassVar[bool] = False

    check_method: str = option(
        default="root_dse",
        env="LDAP_CHECK_METHOD",
        help="anonymous_bind, simple_bind, root_dse (read the server's own entry) or search",
    )
    bind_dn: str | None = option(default=None, env="LDAP_BIND_DN", help="who to log in as")
    bind_password: str | None = option(
        default=None, env="LDAP_BIND_PASSWORD", secret=True, help="password to log in with"
    )
    username: str | None = option(default=None, help="another name of bind_dn, which it wins over")
    password: str | None = option(
        default=None, secret=True, help="another name of bind_password, which it wins over"
    )
    base_dn: str | None = option(
        default=None, env="LDAP_BASE_DN", help="the entry to search at, or below"
    )
    search_filter: str = option(
        default="(objectClass=*)", env="LDAP_SEARCH_FILTER", help="which entries to search for"
    )
    search_scope: str = option(
        default="base",
        env="LDAP_SEARCH_SCOPE",
        help="base (the entry itself), one (those right below it) or sub (it and all below it)",
    )
    start_tls: bool = option(
        default=False, kind=bool, env="LDAP_START_TLS", help="ask for TLS on the plaintext port"
    )
    client: Any = option(
        default=None,
        kind=object,
        help="ldap3.Connection to ask through, or a callable that gives it",
    )

    def __post_init__(self) -> None:
        """Check what can be known now."""
        self._set("check_method", _one_of(_METHODS, "check_method", self.check_method))
        self._set("search_scope", _one_of(SCOPES, "search_scope", self.search_scope))
        self._set("bind_dn", self.username or self.bind_dn)
        self._set("bind_password", self.password or self.bind_password)
        super().__post_init__()
        if self.start_tls and self.tls:
            raise ConfigurationError(
                "start_tls begins TLS on the plaintext port: it excludes ldaps:// and tls="
            )
        self._check_needs()
        self._requests(0)

    async def check(self, endpoint: Endpoint) -> None:
        """Return if *endpoint*, or the application's connection, gives a good answer."""
        requests = self._requests(time_limit())
        if not self.pooled:
            await converse(self._route(endpoint), requests)
            return
        client = self.borrow()
        if self.check_method in _BINDS:
            _source.check_usable(client)
            context = self.ssl_context if self.start_tls else None
            await converse(_source.route_of(client, client.server, context), requests)
        else:
            await ask_through(client, requests[-1])

    def verify(self, source: Any) -> None:
        """Raise `ConfigurationError` unless *source* is a connection that can be asked."""
        _source.verify(source)

    def locate(self, source: Any) -> tuple[str, str | int]:
        """Host and port of the server, of the first one if of several."""
        return _source.address_of(source)

    @classmethod
    def from_address(cls, address: Address) -> Mapping[str, Any]:
        """The options that *address* sets: who to log in as, the base, TLS."""
        return {
            "bind_dn": address.username,
            "bind_password": address.password,
            "base_dn": address.path or None,
            "tls": address.tls or None,
        }

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check_needs(self) -> None:
        bind_needs_both = self.check_method == "simple_bind" or (
            self.check_method == "search" and (self.bind_dn or self.bind_password)
        )
        if bind_needs_both and not (self.bind_dn and self.bind_password):
            missing = "bind_password" if self.bind_dn else "bind_dn"
            raise ConfigurationError(
                f"check_method={self.check_method!r} needs bind_dn and bind_password: "
                f"{missing} is missing"
            )
        if self.check_method == "search" and not self.base_dn:
            raise ConfigurationError("check_method='search' needs base_dn")

    @cached_property
    def _login(self) -> list[Request]:
        if self.bind_dn and self.bind_password:
            return [bind(reveal(self.bind_dn), reveal(self.bind_password))]
        return []

    def _requests(self, seconds: int) -> list[Request]:
        """What to ask; the last one is the question, what comes before it a login."""
        match self.check_method:
            case "anonymous_bind":
                return [ANONYMOUS_BIND]
            case "simple_bind":
                return self._login
            case "root_dse":
                return [*self._login, root_dse(seconds)]
            case _:
                base = self.base_dn or ""
                found = search(base, self.search_scope, self.search_filter, seconds)
                return [*self._login, found]

    def _route(self, endpoint: Endpoint) -> Route:
        tls = None
        if (self.tls or self.start_tls) and not endpoint.host.startswith("/"):
            tls = OwnTls(self.ssl_context, endpoint.host)
        return Route(endpoint.host, int(endpoint.port), tls, self.start_tls)


def _one_of(known: Collection[str], option: str, value: object) -> str:
    """*value* in lower case, if it is one of *known*."""
    lowered = str(value).lower()
    if lowered not in known:
        raise ConfigurationError(f"{option} {value!r:.40} is none of: {', '.join(known)}")
    return lowered
