"""What the tests of this package share."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol

import pytest
from grpc_peer import ANSWER, Peer

from dephealth import Checker, Endpoint, check_once


class Server(Protocol):
    """Whatever has an address."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int | str: ...


class Answer(Protocol):
    """What the fixture `answer` gives."""

    async def __call__(
        self,
        answer: bytes = ANSWER,
        *,
        host: str = "127.0.0.1",
        context: ssl.SSLContext | None = None,
        leaves: bool = False,
    ) -> Peer:
        """Start a server that runs until the end of the test, and may hang up after answers."""


@pytest.fixture
async def answer() -> AsyncIterator[Answer]:
    async with contextlib.AsyncExitStack() as stack:

        async def start(
            answer: bytes = ANSWER,
            *,
            host: str = "127.0.0.1",
            context: ssl.SSLContext | None = None,
            leaves: bool = False,
        ) -> Peer:
            if context is not None:
                context.set_alpn_protocols(["h2"])
            return await stack.enter_async_context(Peer(answer, host, context, leaves=leaves).run())

        yield start


class Found(NamedTuple):
    """What the core makes of one check."""

    detail: str
    latency: float
    reason: str


class Probe(Protocol):
    """What the fixture `probe` gives."""

    async def __call__(self, checker: Checker, server: Server, timeout: float = 5.0) -> Found:
        """Check once; nothing that the check raises may be a surprise."""


@pytest.fixture
def probe() -> Probe:
    async def once(checker: Checker, server: Server, timeout: float = 5.0) -> Found:
        check = await check_once(checker, Endpoint(server.host, str(server.port)), timeout)
        assert check.expected, check.reason
        assert check.outcome is not None, check.reason
        return Found(check.outcome.detail, check.latency, check.reason)

    return once
