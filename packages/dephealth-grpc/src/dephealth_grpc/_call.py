"""One unary call over a connection (https://grpc.github.io/grpc/core/md_doc__p_r_o_t_o_c_o_l-_h_t_t_p2.html)."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from dephealth import CheckError

from ._http2 import Exchange
from ._metadata import Header
from ._status import failure
from ._stream import Stream

_NOT_COMPRESSED = b"\0"
_LENGTH = 4
_PREFIX = len(_NOT_COMPRESSED) + _LENGTH


async def call(stream: Stream, headers: Sequence[Header], message: bytes) -> bytes:
    """Send *message* and wait for the one that answers it.

    Raises:
        OSError: The connection was cut before that.
        CheckError: The server said something else.
    """
    exchange = Exchange(headers, _prefixed(message))
    while True:
        with contextlib.suppress(ConnectionError):
            # A server may answer, or say in TLS why it will not, and close before it has read.
            await stream.send(exchange.unsent())
        if exchange.complete:
            break
        exchange.receive(await stream.receive())
    wrong = failure(exchange.headers)
    if wrong is not None:
        raise wrong
    answer = exchange.body[_PREFIX:]
    if exchange.body != _prefixed(answer):
        raise CheckError("the server answered OK without a message")
    return answer


def _prefixed(message: bytes) -> bytes:
    return _NOT_COMPRESSED + len(message).to_bytes(_LENGTH, "big") + message
