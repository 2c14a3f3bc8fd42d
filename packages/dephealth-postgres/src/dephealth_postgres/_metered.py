"""An end to what a server may say: asyncpg would wait for all that is announced, and keep it."""

from __future__ import annotations

import asyncio
from typing import Any

_MOST = 1 << 17


class Meter:
    """Counts the bytes that arrive in one check, of all its connections together."""

    def __init__(self, most: int = _MOST) -> None:
        self.most = most
        self._left = most

    @property
    def overrun(self) -> bool:
        """Whether there were more."""
        return self._left < 0

    def passes(self, data: bytes) -> bool:
        """Whether *data*, which has arrived, is still within the limit."""
        self._left -= len(data)
        return not self.overrun

    def guarding(self, protocol: Any) -> GuardedProtocol:
        """*protocol* as a transport is to see it."""
        return GuardedProtocol(protocol, self)


class GuardedProtocol:
    """A protocol of asyncio's that is told no more than *meter* lets pass."""

    def __init__(self, protocol: Any, meter: Meter) -> None:
        self.protocol = protocol
        self._meter = meter
        self._transport: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.protocol, name)

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.protocol.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._meter.passes(data):
            self.protocol.data_received(data)
        else:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.protocol.connection_lost(exc)
        # Who was cancelled within `create_connection` does not wait for what asyncpg has put there.
        waited_for = getattr(self.protocol, "on_data", None)
        if isinstance(waited_for, asyncio.Future) and not waited_for.cancelled():
            waited_for.exception()

    def on_transport(self, transport: Any) -> GuardedProtocol:
        """This one, for a *transport* that was there before it."""
        self._transport = transport
        return self


class MeteredTransport:
    """A transport of asyncio's whose protocols are guarded, whoever sets them."""

    def __init__(self, transport: Any, meter: Meter) -> None:
        self.transport = transport
        self._meter = meter

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)

    def set_protocol(self, protocol: Any) -> None:
        guarded = self._meter.guarding(protocol)
        self.transport.set_protocol(guarded.on_transport(self.transport))
