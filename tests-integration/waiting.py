"""Waiting for what must happen, with a bound; and serving an application meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from dephealth.api import DependencyHealth

_STEP = 0.02


async def first_results(health: DependencyHealth, within: float = 10.0) -> None:
    """Return when every endpoint has been checked once."""
    async with asyncio.timeout(within):
        while any(status.healthy is None for status in health.health_details().values()):
            await asyncio.sleep(_STEP)


async def detail_becomes(
    health: DependencyHealth, key: str, detail: str, within: float = 10.0
) -> None:
    """Return when the endpoint of *key* has come to *detail*."""
    try:
        async with asyncio.timeout(within):
            while health.health_details()[key].detail != detail:
                await asyncio.sleep(_STEP)
    except TimeoutError:
        raise AssertionError(f"{health.health_details()[key]} and not {detail}") from None


class _Quiet(uvicorn.Server):
    """Leaves the signals to the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """Serve *app* over HTTP on a free port; gives its URL."""
    server = _Quiet(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(20):
            while not server.started:
                await asyncio.wait([serving], timeout=_STEP)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
