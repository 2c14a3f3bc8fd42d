"""TCP: connect and close."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass
from typing import ClassVar

from dephealth import Checker, Endpoint, resolve


@dataclass(frozen=True, kw_only=True)
class TCPChecker(Checker):
    """Connect to the port; whatever follows, an established connection is ``ok``.

    The addresses of a name are tried one after the other; one that accepts is
    enough. What the last one met counts if none does.
    """

    type: ClassVar[str] = "tcp"

    async def check(self, endpoint: Endpoint) -> None:
        """Return once a connection is established; raise `OSError` if none can be."""
        port = int(endpoint.port)
        failure: OSError | None = None
        for address in await resolve(endpoint.host):
            try:
                await _connect(address, port)
            except OSError as exc:
                failure = exc
            else:
                return
        if failure is not None:
            raise failure


async def _connect(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setblocking(False)  # noqa: FBT003
        # A reset is what comes after an established connection (TCP answers a SYN that
        # it does not want with a refusal): the peer was quicker than we looked.
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            await asyncio.get_running_loop().sock_connect(sock, (address, port))
