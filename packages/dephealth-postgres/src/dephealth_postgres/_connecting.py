"""Connecting with asyncpg, so that nothing stays open and no name is looked up elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
from asyncpg.pgproto.pgproto import BufferError as AsyncpgBufferError

from dephealth import CheckError, CheckTlsError, resolve

from ._metered import Meter, MeteredTransport
from ._parsing import Arguments, requires_tls

STUMBLES = (AttributeError, IndexError, KeyError, TypeError, ValueError, AsyncpgBufferError)
"""What asyncpg raises when it is sent what is no PostgreSQL."""


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """Is closed by who opened it, also if it could not be made: then asyncpg fails to see that."""

    def __del__(self) -> None:
        """Do nothing."""


@contextlib.asynccontextmanager
async def connected(arguments: Arguments) -> AsyncIterator[Any]:
    """Connect with *arguments*, the keywords of `asyncpg.connect`; leave nothing open.

    Raises:
        CheckTlsError: TLS could not be set up.
        Exception: What asyncpg raises.
    """
    loop = ConnectingLoop(asyncio.get_running_loop())
    try:
        connection = await _connect(arguments, loop)
        try:
            yield connection
        finally:
            connection.terminate()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as exc:
        if loop.meter.overrun:
            raise CheckError(f"the answer is longer than {loop.meter.most} bytes") from exc
        raise
    finally:
        loop.abort()


async def _connect(arguments: Arguments, loop: ConnectingLoop) -> Any:
    try:
        return await asyncpg.connect(**arguments, loop=loop, connection_class=_Connection)
    except TimeoutError:
        raise
    except OSError as exc:
        if loop.in_handshake:
            raise CheckTlsError(f"the TLS handshake failed: {exc!r}") from exc
        explain(exc, arguments)
        raise
    except STUMBLES as exc:
        raise stumbled(exc) from exc


def stumbled(exc: BaseException) -> CheckError:
    """What to raise for *exc*, one of `STUMBLES`."""
    name = type(exc).__name__  # and no more: it may quote what was sent
    return CheckError(f"asyncpg gives up ({name}): the server does not speak PostgreSQL's protocol")


def explain(exc: OSError, arguments: Arguments) -> None:
    """Raise what *exc*, met on connecting with *arguments*, means, if it does not say so itself."""
    if type(exc) is ConnectionResetError and exc.errno is None:
        # Asyncio's way to say it; that of the operating system has a number.
        raise CheckTlsError("the connection ended within the TLS handshake") from exc
    if type(exc) is ConnectionError:
        # Asyncpg's way to say that it got no answer about TLS, or not the one it needs.
        if requires_tls(arguments):
            raise CheckTlsError(f"the server does not set up TLS: {exc}") from exc
        if "connection_lost" not in str(exc):
            raise CheckError(f"the server does not speak PostgreSQL's protocol: {exc}") from exc


class ConnectingLoop:
    """The running loop as asyncpg sees it.

    What asyncpg gives up it closes in order, and over TLS asyncio waits half a
    minute for a server that hangs to agree: so what was opened is remembered,
    to be aborted. And names are looked up without the loop's executor.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop: Any = loop
        self._opened: list[Any] = []
        self.meter = Meter()
        self.in_handshake = False
        """Whether a TLS handshake was begun that has not succeeded."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    async def create_connection(
        self, factory: Any, host: str, port: int, **options: Any
    ) -> tuple[Any, Any]:
        self.in_handshake = False
        if options.get("ssl"):
            options["server_hostname"] = host
        failure = OSError(f"{host!r} has no address")
        for address in await resolve(host):
            try:
                transport, guard = await self._loop.create_connection(
                    lambda: self.meter.guarding(factory()), address, port, **options
                )
            except OSError as exc:
                failure = exc
            else:
                self._opened.append(transport)
                return MeteredTransport(transport, self.meter), guard.protocol
        raise failure

    async def start_tls(self, transport: Any, *args: Any, **options: Any) -> Any:
        self.in_handshake = True
        secure = await self._loop.start_tls(transport.transport, *args, **options)
        self.in_handshake = False
        return MeteredTransport(secure, self.meter)

    def abort(self) -> None:
        for transport in self._opened:
            transport.abort()
