"""Sockets, connected to addresses and not to names."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Sequence
from typing import Any

_AGAIN = 0.01
"""Seconds."""


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
    while (code := sock.connect_ex(target)) == errno.EAGAIN:
        # The queue of a unix socket is full, and nobody tells when it is not.
        await asyncio.sleep(_AGAIN)
    if code == errno.EINPROGRESS:
        code = await _result(sock)
    if code != 0:
        raise OSError(code, f"Connect call failed {target}")


async def _result(sock: socket.socket) -> int:
    """What an attempt to connect that is under way comes to.

    Not by another `connect`: if the connection was reset meanwhile, that would make
    the socket one that was never connected.
    """
    with contextlib.suppress(OSError):
        # A peer on this machine has answered by now, and then there is nothing to wait for.
        sock.getpeername()
        return 0
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_writer(sock, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(sock)
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
