"""Sockets, connected to addresses and not to names."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Sequence
from typing import Any

_UNDERWAY = {errno.EINPROGRESS, errno.EALREADY, errno.EAGAIN, errno.EINTR}


async def dial(addresses: Sequence[str], port: int) -> socket.socket:
    """A non-blocking socket, connected to the first of *addresses* that accepts.

    A path is a unix socket. That a peer has reset the established connection
    already is for who speaks next to find out.

    Raises:
        OSError: None accepts; what the last one met.
    """
    *others, last = addresses
    for address in others:
        with contextlib.suppress(OSError):
            return await _connected(address, port)
    return await _connected(last, port)


async def _connected(address: str, port: int) -> socket.socket:
    target: Any = (address, port)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    if address.startswith("/"):
        target, family = address, socket.AF_UNIX
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)  # noqa: FBT003
        # A reset is what comes after an established connection (a SYN that is not wanted
        # is refused): the peer was quicker than we looked.
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            await _connect(sock, target)
    except FileNotFoundError as exc:
        sock.close()
        raise ConnectionRefusedError(errno.ECONNREFUSED, "there is no such unix socket") from exc
    except BaseException:
        sock.close()
        raise
    return sock


async def _connect(sock: socket.socket, target: Any) -> None:
    code = sock.connect_ex(target)
    if code == errno.EINPROGRESS:
        # A peer on this machine has answered by now, and then there is nothing to wait for.
        code = sock.connect_ex(target)
    if code in _UNDERWAY:
        await asyncio.get_running_loop().sock_connect(sock, target)
    elif code not in {0, errno.EISCONN}:  # the second is what BSD says
        raise OSError(code, f"Connect call failed {target}")
