"""One address of a broker of the mock cluster: TLS and logins, which the cluster has not."""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import Mapping, Sequence

from .kafka_scram import MECHANISMS, Dialogue, RefusedError

_API_VERSIONS, _SASL_HANDSHAKE, _SASL_AUTHENTICATE = 18, 17, 36
_UNSUPPORTED_VERSION, _UNSUPPORTED_MECHANISM, _AUTHENTICATION_FAILED = 35, 33, 58
_REASON = b"Authentication failed"


class Listener:
    """Passes on to a broker what comes from clients that have logged in.

    Args:
        hosts: Addresses to listen on.
        port: Where.
        broker: Host and port of the cluster's own listener.
        context: For TLS.
        users: Passwords by user name; None to ask for no login.
    """

    def __init__(
        self,
        hosts: Sequence[str],
        port: int,
        broker: tuple[str, int],
        context: ssl.SSLContext | None = None,
        users: Mapping[str, str] | None = None,
    ) -> None:
        self._hosts = hosts
        self._port = port
        self._broker = broker
        self._context = context
        self._users = users
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.connections = 0
        """How many were accepted."""

    async def up(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(
            self._serve, self._hosts, self._port, ssl=self._context
        )

    def down(self) -> None:
        """Listen no longer, and cut what is open."""
        if self._server is not None:
            self._server.close()
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        up_reader, up_writer = await asyncio.open_connection(*self._broker)
        try:
            if self._users is not None:
                await _log_in(self._users, (reader, writer), (up_reader, up_writer))
            await asyncio.gather(_copy(reader, up_writer), _copy(up_reader, writer))
        except (asyncio.IncompleteReadError, OSError, RefusedError):
            return  # to be seen by the client
        finally:
            self._open.discard(writer)
            writer.close()
            up_writer.close()


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _log_in(users: Mapping[str, str], client: Streams, broker: Streams) -> None:
    """Answer what a client may say before it has logged in; return when it has.

    Raises:
        RefusedError: It cannot, or said something else. It has been told.
    """
    dialogue: Dialogue | None = None
    while True:
        request = await _frame(client[0])
        api, version, correlation, length = struct.unpack_from(">hhih", request)
        body = request[10 + max(0, length) :]
        head = struct.pack(">i", correlation)
        if api == _API_VERSIONS and version:
            _send(client[1], head + struct.pack(">hi", _UNSUPPORTED_VERSION, 0))
        elif api == _API_VERSIONS:
            _send(broker[1], request)
            _send(client[1], _with_logins(await _frame(broker[0])))
        elif api == _SASL_HANDSHAKE:
            mechanism = body[2:].decode()
            listed = b"".join(struct.pack(">h", len(name)) + name.encode() for name in MECHANISMS)
            code = 0 if mechanism in MECHANISMS else _UNSUPPORTED_MECHANISM
            _send(client[1], head + struct.pack(">hi", code, len(MECHANISMS)) + listed)
            if code:
                raise RefusedError
            dialogue = MECHANISMS[mechanism](users)
            next(dialogue)
        elif api == _SASL_AUTHENTICATE and dialogue is not None:
            answer, over = _next(dialogue, body[4:])
            if answer is None:
                told = struct.pack(">hh", _AUTHENTICATION_FAILED, len(_REASON)) + _REASON
                _send(client[1], head + told + struct.pack(">i", 0))
                raise RefusedError
            _send(client[1], head + struct.pack(">hhi", 0, -1, len(answer)) + answer)
            if over:
                return
        else:
            raise RefusedError


def _next(dialogue: Dialogue, said: bytes) -> tuple[bytes | None, bool]:
    """The answer, None for a refusal; and whether it is the last one."""
    try:
        return dialogue.send(said), False
    except StopIteration as end:
        return end.value, True
    except (RefusedError, ValueError, KeyError):
        return None, True


def _with_logins(versions: bytes) -> bytes:
    """A broker's list of requests, version 0 of it, with those for logins."""
    (count,) = struct.unpack_from(">i", versions, 6)
    more = struct.pack(">hhhhhh", _SASL_HANDSHAKE, 0, 1, _SASL_AUTHENTICATE, 0, 0)
    return versions[:6] + struct.pack(">i", count + 2) + versions[10:] + more


def _send(writer: asyncio.StreamWriter, frame: bytes) -> None:
    writer.write(struct.pack(">i", len(frame)) + frame)


async def _frame(reader: asyncio.StreamReader) -> bytes:
    (length,) = struct.unpack(">i", await reader.readexactly(4))
    return await reader.readexactly(length)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    raise ConnectionResetError("one side has ended")
