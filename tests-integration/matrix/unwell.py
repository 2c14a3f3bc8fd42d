"""Servers that answer, and say that they are not well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiomysql
import asyncpg

from dephealth_testing import FaultProxy
from private_servers import (
    MariaDBServer,
    PostgresServer,
    RabbitMQServer,
    RedisSentinel,
    RedisServer,
    wait_until,
)
from private_servers.grpc_health import GRPCHealthServer

from .asking import MakeScene, Scene
from .faults import NamelessBroker
from .scenes import plain
from .servers import Servers
from .subjects import Subject
from .target import Target

_BOUND = 10.0
"""Seconds until a wait for what must happen has failed."""


def grpc_says(state: str) -> MakeScene:
    """The health service says *state* of the server."""

    @asynccontextmanager
    async def scene(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
        target = plain(servers, subject)
        assert isinstance(target.server, GRPCHealthServer)
        target.server.say(state)
        try:
            yield Scene(target)
        finally:
            target.server.say("SERVING")

    return scene


@asynccontextmanager
async def unknown_database(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
    """The user may log in, but there is no such database."""
    target = plain(servers, subject)
    if isinstance(target.server, PostgresServer | MariaDBServer):
        yield Scene(replace(target, database="nowhere"))
    else:
        yield Scene(replace(target, database="99"))


@asynccontextmanager
async def too_many_clients(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
    """The server takes no more clients."""
    server: Any = servers[f"{subject.type} plain"]
    address = {"host": server.host, "port": server.port, "password": server.password}
    taken: list[Any] = []
    try:
        for _ in range(server.max_connections):
            if isinstance(server, PostgresServer):
                taken.append(
                    await asyncpg.connect(**address, user=server.user, database=server.database)
                )
            else:
                taken.append(await aiomysql.connect(**address, user=server.user))
        yield Scene(replace(plain(servers, subject), server=server, port=server.port))
    finally:
        for connection in taken:
            closing = connection.close()
            if closing is not None:
                await closing


@asynccontextmanager
async def cannot_connect_now(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
    """PostgreSQL shuts down, which takes as long as a client of before stays."""
    server: Any = servers["postgres plain"]
    address = {"host": server.host, "port": server.port, "password": server.password}
    client = await asyncpg.connect(**address, user=server.user, database=server.database)
    try:
        await asyncio.to_thread(server.shut_down)
        yield Scene(replace(plain(servers, subject), server=server, port=server.port))
    finally:
        await client.close()
        await asyncio.to_thread(
            wait_until, lambda: not server.running, seconds=_BOUND, what="the end of the server"
        )
        await asyncio.to_thread(server.start)


@asynccontextmanager
async def loading(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
    """Redis reads its data, for as long as it is asked."""
    target = plain(servers, subject)
    execute = _redis(target).execute
    names = [f"{{big}}-{number}" for number in range(80)]
    # It looks at who asks after so many bytes, and is slowed down at each key.
    settings = {
        "rdbcompression": ("no", "yes"),
        "loading-process-events-interval-bytes": ("1024", "2097152"),
        "key-load-delay": ("20000", "0"),
    }
    execute(
        "eval",
        "for _, k in ipairs(KEYS) do redis.call('setrange', k, 2000, 'x') end",
        str(len(names)),
        *names,
    )
    for name, (value, _) in settings.items():
        execute("config", "set", name, value)
    reading = asyncio.create_task(asyncio.to_thread(execute, "debug", "reload"))
    try:
        await asyncio.to_thread(
            wait_until,
            lambda: "loading:1" in execute("info", "persistence"),
            seconds=_BOUND,
            what="the begin of loading",
        )
        yield Scene(target)
    finally:
        for name, (_, value) in settings.items():
            execute("config", "set", name, value)
        await reading
        execute("del", *names)


@asynccontextmanager
async def master_down(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
    """Redis is a replica that has lost its master, and is not to serve what is stale."""
    target = plain(servers, subject)
    execute = _redis(target).execute
    execute("config", "set", "replica-serve-stale-data", "no")
    execute("replicaof", "127.0.0.1", "1")
    try:
        yield Scene(target)
    finally:
        execute("replicaof", "no", "one")
        execute("config", "set", "replica-serve-stale-data", "yes")


def _redis(target: Target) -> RedisServer:
    server = target.server
    if isinstance(server, RedisSentinel):
        server = server.master
    assert isinstance(server, RedisServer)
    return server


@asynccontextmanager
async def vhost_down(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
    """RabbitMQ's virtual host has crashed."""
    target = plain(servers, subject)
    server = target.server
    assert isinstance(server, RabbitMQServer)
    down = f'rabbit_vhost_sup_sup:stop_and_delete_vhost(<<"{server.other_vhost}">>).'
    await asyncio.to_thread(server.rabbitmqctl, "eval", down)
    try:
        yield Scene(target)
    finally:
        await asyncio.to_thread(server.rabbitmqctl, "restart_vhost", "-p", server.other_vhost)


@asynccontextmanager
async def no_brokers(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
    """A broker that names none."""
    async with FaultProxy(fault=NamelessBroker()) as proxy:
        yield Scene(replace(plain(servers, subject), port=proxy.port))
