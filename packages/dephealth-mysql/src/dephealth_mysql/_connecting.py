"""Connecting with aiomysql, so that nothing stays open and TLS means TLS."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import aiomysql

from dephealth import CheckError, CheckTlsError

from ._errors import CANNOT_CONNECT, number_of

Arguments = Mapping[str, Any]
"""The keywords of `OwnConnection`."""

_MOST = 1 << 17
"""Bytes of all that a server has to say in a check, in answer to the query too."""

_CAN_TLS = 0x800
"""CLIENT_SSL of MySQL's protocol."""


class OwnConnection(aiomysql.Connection):  # type: ignore[misc]
    """A connection to the server of one check.

    What aiomysql gives up it closes in order, and over TLS asyncio waits half a
    minute for a server that hangs to agree: so this one is aborted. The host's
    name is looked up by others, who need no thread of the loop's executor.

    Args:
        requires_tls: Whether to go without TLS if the server has none, as
            aiomysql does, or not.
        options: The keywords of `aiomysql.connect`.
    """

    def __init__(self, *, requires_tls: bool = False, **options: Any) -> None:
        # The server's own mode is as good as any, and costs no further question.
        super().__init__(**{**options, "autocommit": None})
        self._requires_tls = requires_tls
        self._name: str = self.host
        self._left = _MOST

    async def open(self, addresses: Sequence[str]) -> None:
        """Connect to the first of the host's *addresses* that can be, and log in.

        Raises:
            CheckTlsError: TLS could not be set up.
            Exception: What aiomysql raises.
        """
        failure: Exception = OSError(f"{self._name!r} has no address")
        for address in addresses:
            self._host = address
            try:
                await self._connect()
            except aiomysql.OperationalError as exc:
                if number_of(exc) != CANNOT_CONNECT:
                    raise
                failure = exc
            else:
                return
        raise failure

    async def leave(self) -> None:
        """Say goodbye, or the server counts a client that was lost, and close."""
        # A lost connection is a RuntimeError of uvloop's.
        with contextlib.suppress(OSError, RuntimeError):
            await self.ensure_closed()
        self.close()

    def close(self) -> None:
        """Close at once."""
        if self._writer is not None:
            self._writer.transport.abort()
        super().close()

    async def _read_bytes(self, num_bytes: int) -> bytes:
        """Aiomysql waits for all that is announced, and keeps it."""
        self._left -= num_bytes
        if self._left < 0:
            raise CheckError(f"the answer is longer than {_MOST} bytes")
        data: bytes = await super()._read_bytes(num_bytes)
        return data

    async def _request_authentication(self) -> None:
        if self._requires_tls and not self.server_capabilities & _CAN_TLS:
            raise CheckTlsError("the server does not offer TLS")
        self._host = self._name  # which is what TLS verifies
        try:
            await super()._request_authentication()
        except BaseException as exc:
            self.close()
            if isinstance(exc, OSError):
                # The handshake: what fails in reading is no OSError here.
                raise CheckTlsError(f"the TLS handshake failed: {exc!r}") from exc
            raise
