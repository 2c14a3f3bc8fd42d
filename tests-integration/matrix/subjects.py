"""The columns: each checker, in each of its modes."""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from dephealth.api import Dependency
from private_servers import PrivateServer

from .servers import Servers
from .target import Target

NAME = "matrix"
AT_ONCE = 10
"""The size of a pool."""


@dataclass(frozen=True)
class Subject(ABC):
    """One checker in one mode.

    Attributes:
        type: The dependency type.
        mode: "standalone", or what the application gives it.
        server: Name of its server among `Servers`, if that is not the type.
        tls_inside: Whether TLS is begun inside of the protocol, on the plaintext port.
    """

    type: str
    mode: str = "standalone"
    server: str = ""
    tls_inside: bool = False

    pooled: ClassVar[bool] = False
    recovers: ClassVar[bool] = True
    """Whether a check after a fault passes without any help of the application."""
    retries: ClassVar[bool] = False
    """Whether the application's object tries again by itself, beyond any patience."""
    at_once: ClassVar[int] = AT_ONCE
    """How many checks run side by side."""

    @property
    def key(self) -> str:
        """Names the column."""
        return ", ".join([self.type, *self.mode.split(", ")]).replace(", standalone", "")

    @property
    def server_name(self) -> str:
        """Its server among `Servers`."""
        return self.server or self.type

    @abstractmethod
    def open(self, target: Target, *, warm: bool) -> AbstractAsyncContextManager[Dependency]:
        """What is declared for *target*, with the application's object if there is one.

        Args:
            warm: Whether the application has used its object already.
        """

    def well(self, servers: Servers) -> PrivateServer:
        """Its server."""
        return servers[self.server_name]

    def strict(self, servers: Servers) -> PrivateServer:
        """Its server with an expired certificate, which demands one of clients."""
        return servers[f"{self.server_name} strict"]

    def door(self, server: Any, door: str) -> int:
        """The port of *server* for "plain", "tls", "mtls" or "login"."""
        names = {"plain": "port", "tls": "tls_port", "mtls": "mtls_port", "login": "port"}
        if self.type == "grpc":
            names["login"] = "guarded_port"
        if self.type == "kafka":
            names["login"] = "sasl_port"
        port: int = getattr(server, names[door], None) or getattr(server, "tls_port", server.port)
        return server.port if self.tls_inside else port


@asynccontextmanager
async def given(dependency: Dependency) -> AsyncIterator[Dependency]:
    """*dependency*, whose checker is closed in the end."""
    try:
        yield dependency
    finally:
        await dependency.checker.aclose()  # type: ignore[attr-defined]


def bracketed(host: str) -> str:
    """*host* as in a URL."""
    return f"[{host}]" if ":" in host else host


def has_ipv6() -> bool:
    """Whether this machine has ``::1``."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
