"""A private DNS server."""

from __future__ import annotations

import random
import socket
from typing import ClassVar

from ._server import PrivateServer

_PORT = 53


class DNSServer(PrivateServer):
    """dnsmasq, which says of every name under `domain` that it is 127.0.0.1.

    It listens on port 53, since the system's resolver asks on no other, of a loopback address of
    its own. That takes root.

    Attributes:
        domain: What it knows; all other names are refused.
    """

    program: ClassVar[str] = "dnsmasq"
    domain: ClassVar[str] = "soak.test"

    _package_user: ClassVar[str] = "root"
    _port_names: ClassVar[tuple[str, ...]] = ()
    _ready_line: ClassVar[str] = "started, version"

    def __init__(self) -> None:
        """Choose nothing yet; see `PrivateServer`."""
        super().__init__()
        self._address = ""
        self._sink: socket.socket | None = None

    @property
    def address(self) -> str:
        """Where it listens, the same until `close`."""
        return self._address

    def fall_silent(self) -> None:
        """End it, and lose all that it is asked until `start`."""
        self.kill()
        self._sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sink.bind((self._address, _PORT))

    def _configure(self) -> None:
        if self._sink is not None:
            self._sink.close()
            self._sink = None

    def _prepare(self) -> None:
        self._address = f"127.{random.randint(2, 254)}.{random.randint(1, 254)}.53"

    def _command(self) -> list[str]:
        return [
            self._executable("dnsmasq"),
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--no-resolv",
            "--no-hosts",
            "--user=root",
            "--bind-interfaces",
            f"--listen-address={self._address}",
            f"--address=/{self.domain}/127.0.0.1",
            f"--pid-file={self.folder / 'pid'}",
            "--log-facility=-",
        ]
