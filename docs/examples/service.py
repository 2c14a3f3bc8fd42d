"""A FastAPI service that watches what it depends on, through its own pools."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
from fastapi import FastAPI
from redis.asyncio import Redis

from dephealth.api import (
    Dependency,
    DependencyHealth,
    http_check,
    postgres_check,
    redis_check,
    tcp_check,
)
from dephealth_fastapi import DepHealthMiddleware, dependencies_router, probes_router


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the pools that are configured, and watch them."""
    checks: list[Dependency] = []
    async with AsyncExitStack() as stack:
        if url := os.environ.get("DATABASE_URL"):
            pool = await stack.enter_async_context(asyncpg.create_pool(url, min_size=1, max_size=5))
            checks.append(postgres_check("orders-db", pool=pool, critical=True))
        if url := os.environ.get("REDIS_URL"):
            client = await stack.enter_async_context(Redis.from_url(url, max_connections=20))
            checks.append(redis_check("cart-cache", client=client, critical=False))
        if url := os.environ.get("PAYMENT_URL"):
            checks.append(http_check("payment-api", url=url, critical=True))
        if url := os.environ.get("RELAY_URL"):
            checks.append(tcp_check("mail-relay", url=url, critical=False))

        dh = DependencyHealth(
            "orders-api",
            "shop",
            *checks,
            check_interval=float(os.environ.get("CHECK_INTERVAL", "15")),
            timeout=float(os.environ.get("CHECK_TIMEOUT", "5")),
        )
        await dh.start()
        app.state.dephealth = dh
        yield
        await dh.stop()


app = FastAPI(lifespan=lifespan)
app.add_middleware(DepHealthMiddleware)
app.include_router(dependencies_router)
app.include_router(probes_router)
