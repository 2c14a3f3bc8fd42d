"""What a checker is pointed at."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from private_servers import PrivateServer

WRONG_PASSWORD = "wr0ng/p@ss:w%rd?#"


class Login(Enum):
    """Who a checker comes as."""

    GOOD = auto()
    WRONG = auto()
    """A user whom the server knows, with `WRONG_PASSWORD`."""
    NONE = auto()
    OUTSIDER = auto()
    """One who may log in, but no more."""
    TLS_ONLY = auto()
    """One who is let in with TLS only, and comes without."""


class Tls(Enum):
    """How a checker looks at certificates."""

    NONE = auto()
    TRUSTING = auto()
    """It trusts the server's authority."""
    BLIND = auto()
    """It accepts any."""
    STRANGER = auto()
    """It trusts those whom the system trusts."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a checker is to ask, and how.

    Args:
        server: Whose accounts and certificates are meant.
        port: Where it is asked.
        door: Which of the server's ports that leads to: "plain", "tls", "mtls" or "login".
        shows_certificate: Whether the client has a certificate.
        database: Which one, if not the server's own.
        options: Further keywords of ``X_check``.
    """

    server: PrivateServer
    port: int
    host: str = "127.0.0.1"
    door: str = "plain"
    login: Login = Login.GOOD
    tls: Tls = Tls.NONE
    shows_certificate: bool = False
    by_host: bool = False
    """Whether ``host=`` and ``port=`` are given rather than a URL."""
    database: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def tls_options(self) -> dict[str, Any]:
        """The keywords of ``X_check`` for `tls` and `shows_certificate`."""
        files = self.server.certificates
        match self.tls:
            case Tls.NONE:
                return {}
            case Tls.TRUSTING:
                options: dict[str, Any] = {"tls_ca_file": str(files.ca_file)}
            case Tls.BLIND:
                options = {"tls_skip_verify": True}
            case Tls.STRANGER:
                options = {}
        if self.shows_certificate:
            options["tls_cert_file"] = str(files.client_certificate)
            options["tls_key_file"] = str(files.client_key)
        return {"tls": True, **options}

    def context(self) -> ssl.SSLContext | None:
        """The same as an application makes it for its pool."""
        if self.tls is Tls.NONE:
            return None
        files = self.server.certificates
        context = ssl.create_default_context()
        if self.tls is Tls.TRUSTING:
            context = ssl.create_default_context(cafile=files.ca_file)
        if self.tls is Tls.BLIND:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.shows_certificate:
            context.load_cert_chain(files.client_certificate, files.client_key)
        return context
