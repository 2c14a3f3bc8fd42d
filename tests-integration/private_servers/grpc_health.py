"""A private gRPC server that has the standard health service and nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import ClassVar

from ._certificates import Certificates
from ._server import PrivateServer

_PROCESS = Path(__file__).with_name("_grpc_health_process.py")


class GRPCHealthServer(PrivateServer):
    """gRPC's own health service, of grpcio-health-checking.

    Without TLS on `port`, with TLS on `tls_port`, with TLS that demands a client certificate on
    `mtls_port`, and without TLS for those who show `token` on `guarded_port`. The service named
    ``=CODE`` ends each call with the status CODE.

    Attributes:
        token: The bearer token that lets in.
    """

    program: ClassVar[str] = "grpc"
    token: ClassVar[str] = "s3cret.token+/="

    _port_names: ClassVar[tuple[str, ...]] = ("port", "tls_port", "mtls_port", "guarded_port")
    _ready_line = "serving"

    def __init__(self, *, certificates: Certificates | None = None) -> None:
        """Say what it shows; see `PrivateServer`."""
        super().__init__(certificates=certificates)
        self._states = {"": "SERVING"}

    @property
    def tls_port(self) -> int:
        """The port with TLS."""
        return self._port("tls_port")

    @property
    def mtls_port(self) -> int:
        """The port with TLS that demands a client certificate."""
        return self._port("mtls_port")

    @property
    def guarded_port(self) -> int:
        """The port that demands the token."""
        return self._port("guarded_port")

    def say(self, state: str, service: str = "") -> None:
        """Let it say `state` (`SERVING`, `NOT_SERVING`, `UNKNOWN`) of a service from now on."""
        self._states[service] = state
        new = self._write("states.new", json.dumps(self._states))
        new.rename(self.folder / "states.json")

    @property
    def _user(self) -> str | None:
        # Python and the packages are where this user put them: no other may be able to read them.
        return None

    def _prepare(self) -> None:
        self.say("SERVING")

    def _command(self) -> list[str]:
        settings = {
            "hosts": self.hosts,
            "ports": {name: self._port(name) for name in self._port_names},
            "folder": str(self.folder),
            "authorization": f"Bearer {self.token}",
        }
        # -P: in the script's folder, this module has the name of a package that the script needs.
        return [sys.executable, "-P", str(_PROCESS), json.dumps(settings)]
