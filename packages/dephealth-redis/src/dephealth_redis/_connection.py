"""A connection of our own."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError

from dephealth import CheckError, CheckTlsError, dial, lacks_certificate, resolve

from ._errors import CLOSED, STUMBLES, no_redis

_MOST = 1 << 16
"""Bytes of all that a server has to say in a check, which is a few words."""

_DriverInfo = getattr(redis, "DriverInfo", None)
# What redis-py tells the server of itself takes two round trips, and 0.3 ms to find out.
_UNNAMED: dict[str, Any] = (
    {"driver_info": _DriverInfo(name="", lib_version="")}
    if _DriverInfo is not None
    else {"lib_name": None, "lib_version": None}
)


class OwnConnection(AbstractConnection):
    """A connection for one check: redis-py speaks, but over a transport of ours.

    redis-py's own would look the name up in the loop's default executor, and
    build an ``SSLContext`` each time.

    Args:
        host: Name, address or, for a unix socket, path; what a certificate must be for.
        port: Of no meaning for a unix socket.
        context: For TLS.
        **login: ``username``, ``password`` and ``db``.
    """

    def __init__(
        self, host: str, port: int, context: ssl.SSLContext | None = None, **login: Any
    ) -> None:
        # RESP2 needs no HELLO. The deadline is the core's.
        super().__init__(
            protocol=2, socket_timeout=None, socket_connect_timeout=None, **_UNNAMED, **login
        )
        self.host = host
        self.port = port
        self._context = context
        self._tls: Any = None
        self._heard = False

    @property
    def lacks_certificate(self) -> bool:
        """Whether that is why it has ended, if it has."""
        return not self._heard and lacks_certificate(self._tls)

    async def _connect(self) -> None:
        sock = await dial(await resolve(self.host), self.port)
        name = None if self._context is None else self.host
        loop = asyncio.get_running_loop()
        reader = _FewWords(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        try:
            transport, _ = await loop.create_connection(
                lambda: protocol, sock=sock, ssl=self._context, server_hostname=name
            )
        except OSError as exc:
            # A peer that ends the handshake looks like any end of a connection.
            raise CheckTlsError(
                f"the TLS handshake with {self._host_error()} failed: {exc}"
            ) from exc
        self._reader = reader
        self._writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        self._tls = transport.get_extra_info("ssl_object")

    async def read_response(self, *args: Any, **kwargs: Any) -> Any:
        reader = self._reader
        try:
            answer = await super().read_response(*args, **kwargs)
        except RedisConnectionError as exc:
            if str(exc) != CLOSED or reader is None or reader.at_eof():
                raise
            # Said of any line that does not end as lines of the protocol do.
            raise no_redis() from exc
        except STUMBLES as exc:
            raise no_redis() from exc
        self._heard = True
        return answer

    async def disconnect(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Close at once, however redis-py asks for it."""
        abort(self)
        await super().disconnect(nowait=True)

    def repr_pieces(self) -> list[tuple[str, Any]]:
        return [("host", self.host), ("port", self.port), ("db", self.db)]

    def _host_error(self) -> str:
        return f"{self.host}:{self.port}"

    def _error_message(self, exception: BaseException) -> str:
        return f"Error connecting to {self._host_error()}: {exception}"


class _FewWords(asyncio.StreamReader):
    """Refuses to take in what redis-py would wait for the end of, and keep it all."""

    _left = _MOST

    def feed_data(self, data: Any) -> None:
        """*data* has arrived; what waits for it gets a `CheckError` if it is too much."""
        self._left -= len(data)
        if self._left >= 0:
            super().feed_data(data)
        else:
            self.set_exception(CheckError(f"the answer is longer than {_MOST} bytes"))


def abort(connection: AbstractConnection) -> None:
    """Close the transport at once: to end TLS in order can take a peer that hangs 30 s."""
    # Private, but nothing public closes it so; what has none is left to redis-py.
    writer = getattr(connection, "_writer", None)
    if writer is not None:
        writer.transport.abort()
