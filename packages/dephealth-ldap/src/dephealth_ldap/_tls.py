"""TLS on a connection of a check's own: as its options say, or as the application's client."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Protocol

from ldap3.core.tls import check_hostname


class Tls(Protocol):
    """Sets TLS up in two steps, so that the socket is in good hands before it can fail."""

    def wrap(self, sock: Any) -> Any:
        """*sock* with TLS, which has not begun."""

    def handshake(self, sock: Any) -> None:
        """Begin, and verify the server's certificate."""


@dataclass(frozen=True, slots=True)
class OwnTls:
    """By *context*; the certificate must be for *name*, whatever address was connected to."""

    context: ssl.SSLContext
    name: str

    def wrap(self, sock: Any) -> Any:
        return self.context.wrap_socket(
            sock, server_hostname=self.name, do_handshake_on_connect=False
        )

    def handshake(self, sock: Any) -> None:
        sock.do_handshake()


@dataclass(frozen=True, slots=True)
class ClientTls:
    """As *server*, an `ldap3.Server`, is configured."""

    server: Any

    def wrap(self, sock: Any) -> Any:
        connection = SimpleNamespace(socket=sock, server=self.server)
        self.server.tls.wrap_socket(connection, do_handshake=False)
        return connection.socket

    def handshake(self, sock: Any) -> None:
        sock.do_handshake()
        tls = self.server.tls
        if tls.validate != ssl.CERT_NONE:
            check_hostname(sock, self.server.host, tls.valid_names)
