"""One request and the head of its response, on a connection of its own."""

from __future__ import annotations

import asyncio
import contextlib

import h11

from dephealth import CheckError, CheckTlsError, Stream, TLSStream, resolve

from ._request import Answer, Request

_MOST_OF_A_HEAD = 64 * 1024
_SWITCHING_PROTOCOLS = 101
_BEGIN = b"HTTP/"
_NOT_HTTP = "the answer is not HTTP"


async def exchange(request: Request) -> Answer:
    """Send *request*; return when the head of the response is there. Its body is not read.

    Raises:
        OSError: No connection, or it was cut before an answer.
        CheckTlsError: TLS could not be set up.
        CheckError: The answer is not HTTP.
    """
    url = request.url
    stream = await Stream.connect(await resolve(url.host), url.port)
    try:
        if url.tls:
            context = request.tls.ssl_context
            context.set_alpn_protocols(["http/1.1"])
            stream = TLSStream(stream, context, request.server_name or url.host)
            await stream.handshake()
        return await ask(stream, request)
    except ConnectionError as exc:
        if isinstance(stream, TLSStream) and stream.lacks_certificate:
            raise CheckTlsError("the server wants a certificate of the client") from exc
        raise
    finally:
        stream.close()


async def ask(stream: Stream, request: Request) -> Answer:
    """Send *request* on *stream* and wait for the head of the response."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_OF_A_HEAD)
    head = h11.Request(
        method=request.method, target=request.url.target, headers=request.all_headers()
    )
    with contextlib.suppress(ConnectionError):
        # A server may answer, or say in TLS why it will not, and close before it has read.
        await stream.send(connection.send(head) or b"")
    connection.send(h11.EndOfMessage())
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError as exc:
            # Without what follows the colon, which quotes the server: it may echo a secret.
            raise CheckError(f"{_NOT_HTTP}: {str(exc).partition(':')[0]}") from exc
        if isinstance(event, h11.Response):
            return _answer(event)
        if isinstance(event, h11.InformationalResponse):
            if event.status_code == _SWITCHING_PROTOCOLS:  # a header of the user's asked for it
                return _answer(event)
            await asyncio.sleep(0)  # many may have come at once
            continue
        begun = connection.trailing_data[0]
        is_http = begun.startswith(_BEGIN) or _BEGIN.startswith(begun)
        if not is_http and b"\n" in begun:
            # The parser would wait for the end of the head, and the greeting of
            # another protocol has none.
            raise CheckError(f"{_NOT_HTTP}: illegal status line")
        data = await stream.receive()
        if not data and is_http:
            raise ConnectionResetError("the connection was closed before an answer")
        connection.receive_data(data)


def _answer(head: h11.Response | h11.InformationalResponse) -> Answer:
    location = next((value for name, value in head.headers if name == b"location"), None)
    return Answer(head.status_code, location)
