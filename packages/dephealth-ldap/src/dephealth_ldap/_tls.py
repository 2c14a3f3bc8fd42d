"""TLS on a connection of a check's own: as its options say, or as the application's client."""

from __future__ import annotations

import ssl
from copy import copy
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Protocol

from ldap3.core.tls import check_hostname


class Tls(Protocol):
    """Sets TLS up in two steps, so that the socket is in good hands when the second one fails."""

    def begin(self, sock: Any) -> Any:
        """*sock* with TLS, which takes it away from the object given."""

    def finish(self, sock: Any) -> None:
        """Do what is left to do with what `begin` gave."""


@dataclass(frozen=True, slots=True)
class OwnTls:
    """By *context*; the certificate must be for *name*, whatever address was connected to."""

    context: ssl.SSLContext
    name: str

    def begin(self, sock: Any) -> Any:
        return self.context.wrap_socket(
            sock, server_hostname=self.name, do_handshake_on_connect=False
        )

    def finish(self, sock: Any) -> None:
        sock.do_handshake()


@dataclass(frozen=True, slots=True)
class ClientTls:
    """As *server*, an `ldap3.Server`, is configured."""

    server: Any

    def begin(self, sock: Any) -> Any:
        # Any name will do here: ldap3 would not close the socket if it were the wrong one.
        connection = SimpleNamespace(socket=sock, server=SimpleNamespace(host="*"))
        # A copy, since the original would remember the certificate.
        copy(self.server.tls).wrap_socket(connection, do_handshake=True)
        return connection.socket

    def finish(self, sock: Any) -> None:
        tls = self.server.tls
        if tls.validate != ssl.CERT_NONE:
            check_hostname(sock, self.server.host, tls.valid_names)
