"""grpcio on a connection that is made already, which it has no way to be given."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import struct
import sys
import tempfile
from typing import Self

from dephealth import Stream

from ._peer import Peer

_CHUNK = 16 * 1024
_CREDENTIALS = struct.Struct("3i")


class Tunnel:
    """A unix socket of this process alone that leads, once, to where *stream* does.

    Args:
        stream: A connection; closed by who made it.
        abstract: Whether the socket needs no file, which Linux can do: a
            container may have no place to write to.
    """

    def __init__(self, stream: Stream, *, abstract: bool = sys.platform == "linux") -> None:
        self.peer = Peer(stream)
        """Who is at the other end."""
        self._stream = stream
        self._loop = asyncio.get_running_loop()
        self._folder = "" if abstract else tempfile.mkdtemp(prefix="dephealth-")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.setblocking(False)  # noqa: FBT003
        self._carrying: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Wait for grpcio, which finds the way at `target`."""
        try:
            # No name at all: the kernel gives one that nobody else has.
            self._listener.bind(self._folder and f"{self._folder}/socket")
            self._listener.listen(1)
        except BaseException:
            self._close()
            raise
        self._carrying = asyncio.create_task(self._carry())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave nothing."""
        if self._carrying is None:
            raise AssertionError("a tunnel that is left was entered")
        self._carrying.cancel()
        cancelled: asyncio.CancelledError | None = None
        # Not before it has ended, whoever cancels meanwhile: the stream is closed next, and the
        # loop would take the next socket of that number for it.
        while not self._carrying.done():
            try:
                await asyncio.wait([self._carrying])
            except asyncio.CancelledError as exc:
                cancelled = exc
        self._close()
        if cancelled is not None:
            raise cancelled
        if not self._carrying.cancelled():
            self._carrying.result()

    @property
    def target(self) -> str:
        """The socket as gRPC names it."""
        name = self._listener.getsockname()
        return f"unix:{name}" if isinstance(name, str) else f"unix-abstract:{name[1:].decode()}"

    async def _carry(self) -> None:
        try:
            client = await self._accepted()
        finally:
            self._listener.close()  # who comes again comes because something failed
        with client:
            inward = asyncio.create_task(self._carry_in(client))
            try:
                await self._carry_out(client)
            finally:
                inward.cancel()
                await asyncio.wait([inward])

    async def _carry_out(self, client: socket.socket) -> None:
        """Carry what grpcio says, until it leaves."""
        heard = True
        with contextlib.suppress(ConnectionError):
            while data := await self._loop.sock_recv(client, _CHUNK):
                try:
                    if heard:
                        await self._stream.send(data)
                except OSError:  # the peer may have answered before it left
                    heard = False

    async def _carry_in(self, client: socket.socket) -> None:
        """Carry what the peer says, until it or grpcio leaves."""
        with contextlib.suppress(ConnectionError):
            while data := await self.peer.receive():
                await self._loop.sock_sendall(client, data)
            client.shutdown(socket.SHUT_WR)

    async def _accepted(self) -> socket.socket:
        while True:
            client, _ = await self._loop.sock_accept(self._listener)
            if self._folder or _is_of_this_process(client):
                return client
            client.close()

    def _close(self) -> None:
        self._listener.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def _is_of_this_process(client: socket.socket) -> bool:
    # A name without a file has no permissions.
    packed = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, _, _ = _CREDENTIALS.unpack(packed)
    return bool(pid == os.getpid())
