"""One request and the head of its response, on a connection of its own."""

from __future__ import annotations

import contextlib
import importlib

import httpcore

from dephealth import CheckError, Stream, TLSStream, resolve

from ._request import Answer, Request
from ._wire import NOT_HTTP, Wire

with contextlib.suppress(ImportError):  # nothing but the time of a first check depends on it
    # httpcore's locks are anyio's, which loads this, for 60 ms and more, when first used.
    importlib.import_module("anyio._backends._asyncio")


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
    finally:
        stream.close()


async def ask(stream: Stream, request: Request) -> Answer:
    """Send *request* on *stream* and wait for the head of the response."""
    question = httpcore.Request(
        request.method, request.url.for_httpcore, headers=request.all_headers()
    )
    connection = httpcore.AsyncHTTP11Connection(question.url.origin, Wire(stream))
    try:
        response = await connection.handle_async_request(question)
    except httpcore.RemoteProtocolError as exc:
        # Without what follows the colon, which quotes the server: it may echo a secret.
        raise CheckError(f"{NOT_HTTP}: {str(exc).partition(':')[0]}") from exc
    found = (value for name, value in response.headers if name.lower() == b"location")
    return Answer(response.status, next(found, None))
