"""PING through a client that a Sentinel leads to its master."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest
from redis.asyncio import Sentinel
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

if TYPE_CHECKING:
    from conftest import Ask, FakeRedis

AT_ONCE = Retry(ConstantBackoff(0), 0)


def masters(master: FakeRedis, flags: str = "master") -> bytes:
    """What SENTINEL MASTERS is answered."""
    state = {
        "name": "main",
        "ip": master.host,
        "port": str(master.port),
        "flags": flags,
        "num-other-sentinels": "0",
    }
    words = [word for item in state.items() for word in item]
    listed = "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
    return f"*1\r\n*{len(words)}\r\n{listed}".encode()


@pytest.fixture
async def sentinel(server: FakeRedis) -> AsyncIterator[Sentinel]:
    """The one that watches the server; here it is the server itself."""
    server.replies["SENTINEL"] = masters(server)
    options: dict[str, Any] = {"retry": AT_ONCE, "protocol": 2}
    address = (server.host, server.port)
    sentinel = Sentinel([address], sentinel_kwargs=options)  # type: ignore[no-untyped-call]
    yield sentinel
    for client in sentinel.sentinels:
        await client.aclose()


async def test_master_answers(sentinel: Sentinel, server: FakeRedis, ask: Ask) -> None:
    """A client whose master answers is available."""
    client = sentinel.master_for("main")
    try:
        assert await ask(client) == "ok"
        assert ["PING"] in server.asked
    finally:
        await client.aclose()


async def test_no_master(sentinel: Sentinel, server: FakeRedis, ask: Ask) -> None:
    """A master that its Sentinel knows to be down is an error."""
    server.replies["SENTINEL"] = masters(server, "master,s_down")
    client = sentinel.master_for("main")

    assert await ask(client) == "error"


async def test_no_sentinel(sentinel: Sentinel, server: FakeRedis, ask: Ask) -> None:
    """A client that no Sentinel can help is an error."""
    await server.stop()
    client = sentinel.master_for("main")

    assert await ask(client) == "error"
