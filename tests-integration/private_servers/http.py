"""A private HTTP server."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import ClassVar

from ._certificates import Certificates
from ._server import PASSWORD, PrivateServer

_PROCESS = Path(__file__).with_name("_http_process.py")


class HTTPServer(PrivateServer):
    """The standard library's server, in a process of its own.

    Without TLS on `port`, with TLS on `tls_port`, with TLS that demands a client certificate on
    `mtls_port`. ``/private`` is for `user` alone; ``/status/NNN`` answers NNN, all else 200.

    Attributes:
        user: Is let in with `password`.
        outsider: May log in with it too, but is not let in.
    """

    program: ClassVar[str] = "http"
    user: ClassVar[str] = "app"
    password: ClassVar[str] = PASSWORD
    outsider: ClassVar[str] = "outsider"

    _port_names: ClassVar[tuple[str, ...]] = ("port", "tls_port", "mtls_port")
    _ready_line = "serving"

    def __init__(self, *, certificates: Certificates | None = None) -> None:
        """Say what it shows; see `PrivateServer`."""
        super().__init__(certificates=certificates)

    @property
    def tls_port(self) -> int:
        """The port with TLS."""
        return self._port("tls_port")

    @property
    def mtls_port(self) -> int:
        """The port with TLS that demands a client certificate."""
        return self._port("mtls_port")

    @property
    def _user(self) -> str | None:
        # Python is where this user put it: no other may be able to read it.
        return None

    def _command(self) -> list[str]:
        settings = {
            "hosts": self.hosts,
            "ports": {name: self._port(name) for name in self._port_names},
            "folder": str(self.folder),
            "passwords": {self.user: self.password, self.outsider: self.password},
            "user": self.user,
        }
        # -P: in the script's folder, this module has the name of one that the script needs.
        return [sys.executable, "-P", str(_PROCESS), json.dumps(settings)]
