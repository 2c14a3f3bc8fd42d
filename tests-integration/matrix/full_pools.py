"""Pools of which the application keeps all connections."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from redis.asyncio import RedisCluster

from dephealth_testing import FaultProxy, Forward, Silent, assert_nothing_left

from .answer import Answer
from .asking import ask_often, expect_well
from .scenes import plain
from .servers import Servers
from .subjects import AT_ONCE, Subject


@asynccontextmanager
async def _all_taken(subject: Subject, pool: Any) -> AsyncIterator[None]:
    """Keep every connection of *pool*."""
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(AT_ONCE):
            match subject.type:
                case "postgres" | "mysql":
                    await stack.enter_async_context(pool.acquire())
                case _ if isinstance(pool, RedisCluster):
                    [node] = pool.get_nodes()
                    connection = node.acquire_connection()
                    stack.callback(node.release, connection)
                case _:
                    connection = await pool.connection_pool.get_connection()
                    stack.push_async_callback(pool.connection_pool.release, connection)
        yield


async def exhausted(servers: Servers, subject: Subject, answer: Answer) -> None:
    """The server is well."""
    async with (
        assert_nothing_left(within=2.0),
        subject.open(plain(servers, subject), warm=True) as dependency,
    ):
        await expect_well(dependency)
        async with _all_taken(subject, dependency.checker.given):  # type: ignore[attr-defined]
            await ask_often(subject, dependency, answer)
        await expect_well(dependency)


async def exhausted_by_a_hang(servers: Servers, subject: Subject, answer: Answer) -> None:
    """The server hangs, which is why they are all kept."""
    target = plain(servers, subject)
    async with (
        assert_nothing_left(within=2.0),
        FaultProxy((target.host, target.port)) as proxy,
        subject.open(replace(target, host=proxy.host, port=proxy.port), warm=True) as dependency,
    ):
        await expect_well(dependency)
        async with _all_taken(subject, dependency.checker.given):  # type: ignore[attr-defined]
            proxy.behave(Silent())
            await ask_often(subject, dependency, answer)
            proxy.behave(Forward())
