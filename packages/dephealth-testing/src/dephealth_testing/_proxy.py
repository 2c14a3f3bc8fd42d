"""A TCP server that behaves as badly as it is told."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING, Self

from ._connection import Connection
from ._fault import Reset
from ._port import Port
from ._relay import Forward
from ._stream import TcpStream

if TYPE_CHECKING:
    import socket
    from types import TracebackType

    from ._connection import Address
    from ._fault import Fault


class FaultProxy:
    """A server before an upstream, or alone, whose behaviour can be changed.

    An async context manager. Leaving it resets what is open and gives back
    the port; an error inside a fault, other than `OSError`, is raised then.

    Args:
        upstream: Host and port of the real server; None to stand alone.
        fault: The first behaviour; without it, `Forward`.
        host: The address to listen on: `127.0.0.1` or `::1`.
        port: 0 for one that is free.
    """

    def __init__(
        self,
        upstream: Address | None = None,
        fault: Fault | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.host = host
        self.port = port
        """From entering on, the one that was taken."""
        self.connections = 0
        """How many were accepted."""
        self._upstream = upstream
        self._fault = fault or Forward()
        self._port: Port | None = None
        self._listening = False
        self._attending: set[asyncio.Task[None]] = set()
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._port = Port(self.host, self.port)
        self.port = self._port.number
        self._listen(self._port, self._fault.listens)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._port is not None:
            self._listen(self._port, wanted=False)
            self._port.close()
            self._port = None
        self.behave(Reset())
        await asyncio.gather(*self._attending, return_exceptions=True)
        for failed in self._attending:
            failed.result()

    def behave(self, fault: Fault) -> None:
        """Behave so from now on, on open connections too."""
        self._fault = fault
        if self._port is not None:
            self._listen(self._port, fault.listens)
        for serving in self._serving:
            serving.cancel()

    def _listen(self, port: Port, wanted: bool) -> None:
        if wanted == self._listening:
            return
        loop = asyncio.get_running_loop()
        if wanted:
            port.listen()
            loop.add_reader(port.fileno(), self._accept, port)
        else:
            loop.remove_reader(port.fileno())
            port.refuse()
        self._listening = wanted

    def _accept(self, port: Port) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            accepted = port.accept()
            self.connections += 1
            task = asyncio.create_task(self._attend(accepted))
            self._attending.add(task)
            task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is None:
            self._attending.discard(task)

    async def _attend(self, accepted: socket.socket) -> None:
        """Serve one connection to its end, anew after each change."""
        loop = asyncio.get_running_loop()
        _, client = await loop.connect_accepted_socket(TcpStream, accepted)
        connection = Connection(client, self._upstream)
        try:
            while True:
                serving = asyncio.create_task(_serve(self._fault, connection))
                self._serving.add(serving)
                await asyncio.wait([serving])
                self._serving.discard(serving)
                if not serving.cancelled():
                    serving.result()
                    return
        finally:
            await connection.close()


async def _serve(fault: Fault, connection: Connection) -> None:
    try:
        with contextlib.suppress(ssl.SSLError):  # to be told by what follows
            await fault.serve(connection)
        await connection.finish()
    except OSError:
        connection.reset()
