"""The application's connection: what it is, where it leads, and whether it is open."""

from __future__ import annotations

import errno
import ssl
from collections.abc import Sequence
from typing import Any

import ldap3

from dephealth import ConfigurationError

from ._link import Route
from ._tls import ClientTls, OwnTls

_RESTARTING = frozenset({ldap3.RESTARTABLE, ldap3.SAFE_RESTARTABLE})
_USABLE = _RESTARTING | {ldap3.SYNC, ldap3.SAFE_SYNC}
_TLS_AT_BIND = frozenset({ldap3.AUTO_BIND_TLS_BEFORE_BIND, ldap3.AUTO_BIND_TLS_AFTER_BIND})


def verify(source: Any) -> None:
    """Raise `ConfigurationError` unless *source* is a connection that can be asked."""
    if not isinstance(source, ldap3.Connection):
        raise ConfigurationError(
            f"client= must be an ldap3.Connection, not {type(source).__name__}"
        )
    if source.strategy_type not in _USABLE:
        raise ConfigurationError(
            f"client= has the strategy {source.strategy_type}, which a check cannot share: give "
            "a connection with SYNC, SAFE_SYNC, RESTARTABLE or SAFE_RESTARTABLE, or url="
        )
    if _is_signed(source):
        raise ConfigurationError(
            "client= signs or seals what it sends, which a check cannot take part in: give url="
        )


def address_of(client: Any) -> tuple[str, str | int]:
    """Host and port that *client* is configured with: of the first server if of several."""
    first = servers_of(client)[0]
    if first.ipc:
        return f"/{first.host.lstrip('/')}", 0
    return first.host, first.port


def servers_of(client: Any) -> Sequence[Any]:
    """The servers that *client* may connect to."""
    servers: Sequence[Any] = client.server_pool.servers if client.server_pool else [client.server]
    return servers


def reopens(client: Any) -> bool:
    """Whether the next use of *client*, which is not open or has failed, opens it."""
    # Of a lazy connection before its first use ldap3 says that it is not closed.
    is_deferred = client.socket is None and not client.closed
    return is_deferred or client.strategy_type in _RESTARTING


def route_of(client: Any, server: Any, context: ssl.SSLContext | None = None) -> Route:
    """How to reach *server* as *client* does.

    Args:
        server: One of `servers_of` the client.
        context: Sets TLS up on request where the client has none.
    """
    host, port = server.host, server.port or 0
    if server.ssl or _started_tls(client):
        return Route(host, port, ClientTls(server), start_tls=not server.ssl)
    if context is not None:
        return Route(host, port, OwnTls(context, host), start_tls=True)
    return Route(host, port)


def check_usable(client: Any) -> None:
    """Raise `ConnectionResetError` if *client* is closed for good."""
    if client.socket is None and not reopens(client):
        raise closed()


def closed() -> ConnectionResetError:
    """What the application's next use of a closed connection comes to."""
    return ConnectionResetError(errno.ECONNRESET, "the application's connection is closed")


def _started_tls(client: Any) -> bool:
    # A restarting client that is closed has forgotten it; its strategy, in private, has not.
    return bool(
        client.tls_started
        or client.auto_bind in _TLS_AT_BIND
        or getattr(client.strategy, "_restart_tls", False)
    )


def _is_signed(client: Any) -> bool:
    digest = client.sasl_mechanism == ldap3.DIGEST_MD5 and "sign" in (client.sasl_credentials or ())
    # Later versions have such layers for Kerberos and NTLM too.
    return bool(digest or getattr(client, "session_security", None))
