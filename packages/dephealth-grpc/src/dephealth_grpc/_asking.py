"""Asking one server, and why it gave no answer."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from dephealth import CheckTlsError, Stream, TLSStream, time_left

from ._call import Call
from ._cut import Option
from ._status import UnavailableError
from ._target import target_of
from ._tunnel import Tunnel

_HTTP2 = "h2"
_PATIENCE = 0.3
"""Seconds that grpcio has to connect by itself and to hear the first word of HTTP/2.

A channel that is closed before that keeps its connection for so long.
"""
_LONGER = 1.0
"""Seconds that it has in a tunnel beyond the deadline, which must not look like its own."""


@dataclass(frozen=True, slots=True)
class Security:
    """TLS: what to trust and to show, and what the server is called."""

    context: ssl.SSLContext
    name: str


async def ask(
    call: Call, addresses: Sequence[str], port: str, security: Security | None = None
) -> int:
    """What the server at the first of *addresses* that accepts answers to *call*.

    Raises:
        OSError: No connection, or it was cut before an answer.
        CheckTlsError: TLS could not be set up.
        CheckError: It answers something else.
    """
    target = target_of(addresses, port)
    if security is not None or target is None:
        return await _ask_through_tunnel(call, addresses, int(port), security)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    with contextlib.suppress(UnavailableError):
        return await call.make(target, *connecting_within(_PATIENCE))
    slow = loop.time() - begun > _PATIENCE / 2
    # Of whatever goes wrong on the way grpcio says the same; on a connection of ours it shows.
    answer = await _ask_through_tunnel(call, addresses, int(port), None)
    if slow:
        return answer
    raise ConnectionResetError("a connection failed, though the next one did not")


async def _ask_through_tunnel(
    call: Call, addresses: Sequence[str], port: int, security: Security | None
) -> int:
    stream = await Stream.connect(addresses, port)
    try:
        if security is not None:
            stream = TLSStream(stream, security.context, security.name)
            await _agree(stream)
        async with Tunnel(stream) as tunnel:
            try:
                return await call.make(tunnel.target, *_with_time_left())
            except UnavailableError as exc:
                raise tunnel.peer.failure() or exc from None
    finally:
        stream.close()


async def _agree(stream: TLSStream) -> None:
    await stream.handshake()
    if stream.protocol != _HTTP2:
        # RFC 9113 section 3.2; clients of gRPC refuse such a server too.
        raise CheckTlsError("the TLS handshake failed: the server agrees on no HTTP/2 (ALPN)")


def connecting_within(seconds: float) -> Sequence[Option]:
    """The options of a channel that has *seconds* to connect and to hear a first word of HTTP/2."""
    milliseconds = int(seconds * 1000)
    return (
        ("grpc.initial_reconnect_backoff_ms", milliseconds),
        ("grpc.min_reconnect_backoff_ms", milliseconds),
    )


def _with_time_left() -> Sequence[Option]:
    try:
        return connecting_within(time_left() + _LONGER)
    except LookupError:  # no deadline: the 20 s of gRPC
        return ()
