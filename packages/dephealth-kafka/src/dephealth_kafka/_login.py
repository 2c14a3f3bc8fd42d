"""Whether a broker wants a login: what librdkafka does not tell of one that hangs up."""

from __future__ import annotations

import asyncio
import ssl
import struct

from dephealth import dial, time_left

_SASL_HANDSHAKE, _VERSION, _NUMBER = 17, 1, 1
_UNSUPPORTED_MECHANISM = 33
_SHARE = 0.5
"""Of what is left until the deadline, for this question."""
_MOST = 64 * 1024
"""Bytes of an answer."""


async def wants_login(
    address: str, port: int, context: ssl.SSLContext | None, name: str | None
) -> bool:
    """Whether the broker there would begin a login (SaslHandshake, KIP-43).

    One that wants none says that it expects no such request, or hangs up.

    Args:
        context: For TLS.
        name: What its certificate must be for.
    """
    try:
        async with asyncio.timeout(time_left() * _SHARE):
            sock = await dial([address], port)
            reader, writer = await asyncio.open_connection(
                sock=sock, ssl=context, server_hostname=name if context else None
            )
            try:
                return await _offers(reader, writer)
            finally:
                writer.transport.abort()
    except (OSError, asyncio.IncompleteReadError):  # a TimeoutError is an OSError
        return False


async def _offers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    client, mechanism = b"dephealth", b"PLAIN"
    request = struct.pack(">hhih", _SASL_HANDSHAKE, _VERSION, _NUMBER, len(client)) + client
    request += struct.pack(">h", len(mechanism)) + mechanism
    writer.write(struct.pack(">i", len(request)) + request)
    length, number, code = struct.unpack(">iih", await reader.readexactly(10))
    return number == _NUMBER and 0 < length < _MOST and code in {0, _UNSUPPORTED_MECHANISM}
