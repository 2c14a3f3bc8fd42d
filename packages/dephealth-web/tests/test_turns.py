"""Large scrapes beside checks in one event loop."""

from __future__ import annotations

import asyncio
import gzip

import pytest
from prometheus_client import CollectorRegistry

from dephealth import Checker, Dependency, Endpoint
from dephealth.api import DependencyHealth
from dephealth_web import asgi_app, metrics, metrics_in_turns
from dephealth_web._asgi import Message

ENDPOINTS = 600


class Fine(Checker):
    type = "fine"

    async def check(self, endpoint: Endpoint) -> None:
        """Pass."""


@pytest.fixture
async def registry() -> CollectorRegistry:
    """A registry that hundreds of endpoints are exported to."""
    registry = CollectorRegistry()
    health = DependencyHealth(
        "orders",
        "shop",
        Dependency(
            name="many",
            type="fine",
            checker=Fine(),
            critical=True,
            endpoints=[Endpoint("h", str(port)) for port in range(1, ENDPOINTS + 1)],
        ),
        registry=registry,
    )
    await health.start()
    async with asyncio.timeout(10):
        while not all(each.last_checked_at for each in health.health_details().values()):
            await asyncio.sleep(0.01)
    await health.stop()
    return registry


@pytest.mark.parametrize("encoding", ["", "gzip"])
async def test_same_answer(registry: CollectorRegistry, encoding: str) -> None:
    """What is made in turns is what is made at once."""
    whole = metrics(registry, accept_encoding=encoding)
    assert await metrics_in_turns(registry, accept_encoding=encoding) == whole
    text = gzip.decompress(whole.body) if encoding else whole.body
    assert text.count(b"\napp_dependency_health{") == ENDPOINTS


@pytest.mark.parametrize("encoding", ["", "gzip"])
async def test_loop_goes_on(registry: CollectorRegistry, encoding: str) -> None:
    """Others get their turn many times while a large answer is made."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    await metrics_in_turns(registry, accept_encoding=encoding)
    task.cancel()
    assert turns > ENDPOINTS / 20


async def test_large_body_is_sent_in_parts(registry: CollectorRegistry) -> None:
    """A server gets a large body in parts, so that it can wait for a slow client."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {
        "type": "http", "method": "GET", "path": "/metrics", "query_string": b"", "headers": [],
    }  # fmt: skip
    await asgi_app(None, registry)(scope, receive, send)
    start, *parts = sent
    body = b"".join(part["body"] for part in parts)
    assert body == metrics(registry).body
    assert dict(start["headers"])[b"content-length"] == str(len(body)).encode()
    assert len(parts) > 1
    assert [part["more_body"] for part in parts] == [True] * (len(parts) - 1) + [False]
