"""Sockets, connected to addresses and not to names."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import Any

from dephealth import resolve


async def dial(host: str, port: int) -> socket.socket:
    """A blocking socket connected to the first address of *host* that accepts.

    Raises:
        OSError: None does, and the last one met this; or the name does not resolve.
    """
    failure = OSError(f"{host!r} has no address")
    for address in await resolve(host):
        try:
            return await _connected(address, port)
        except OSError as exc:
            failure = exc
    raise failure


async def _connected(address: str, port: int) -> socket.socket:
    target: Any = (address, port)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    if address.startswith("/"):
        target, family = address, socket.AF_UNIX
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)  # noqa: FBT003
        await asyncio.get_running_loop().sock_connect(sock, target)
        sock.setblocking(True)  # noqa: FBT003
    except FileNotFoundError as exc:
        sock.close()
        raise ConnectionRefusedError(errno.ECONNREFUSED, "there is no such unix socket") from exc
    except BaseException:
        sock.close()
        raise
    return sock
