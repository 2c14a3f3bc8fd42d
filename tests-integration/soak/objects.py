"""The pools and clients of the service, made as an application makes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiomysql
import asyncpg
import ldap3
from ldap3.core.exceptions import LDAPException
from redis.asyncio import Redis

from .groups import Group


@asynccontextmanager
async def opened(group: Group) -> AsyncIterator[dict[str, Any]]:
    """The keyword of ``X_check`` with the object that a pooled group is checked through."""
    make = {"postgres": _postgres, "mysql": _mysql, "redis": _redis, "ldap": _ldap}[group.type]
    async with make(group) as keyword:
        yield keyword


@asynccontextmanager
async def _postgres(group: Group) -> AsyncIterator[dict[str, Any]]:
    pool = await asyncpg.create_pool(
        host=group.host, port=group.port, min_size=1, max_size=group.copies + 1, **group.account
    )
    try:
        yield {"pool": pool}
    finally:
        pool.terminate()


@asynccontextmanager
async def _mysql(group: Group) -> AsyncIterator[dict[str, Any]]:
    pool = await aiomysql.create_pool(
        host=group.host, port=group.port, minsize=1, maxsize=group.copies + 1, **group.account
    )
    try:
        yield {"pool": pool}
    finally:
        pool.terminate()
        await pool.wait_closed()


@asynccontextmanager
async def _redis(group: Group) -> AsyncIterator[dict[str, Any]]:
    client = Redis(host=group.host, port=group.port, **group.account)
    try:
        yield {"client": client}
    finally:
        await client.aclose()


@asynccontextmanager
async def _ldap(group: Group) -> AsyncIterator[dict[str, Any]]:
    def connected() -> Any:
        return ldap3.Connection(
            ldap3.Server(group.host, group.port), auto_bind=True, **group.account
        )

    with ThreadPoolExecutor(1, thread_name_prefix="application") as pool:
        client = await asyncio.get_running_loop().run_in_executor(pool, connected)
        try:
            yield {"client": client}
        finally:
            if client.socket is not None:
                client.socket.close()


async def reopen(client: Any) -> None:
    """What an application does whose connection is closed: opens it again."""

    def again() -> None:
        with suppress(LDAPException):
            client.unbind()
        if not client.closed:  # unbinding has met a socket that is dead
            client.strategy.close()
        client.bind()

    # Not in the default executor, which may be busy.
    with ThreadPoolExecutor(1, thread_name_prefix="application") as pool:
        await asyncio.get_running_loop().run_in_executor(pool, again)
