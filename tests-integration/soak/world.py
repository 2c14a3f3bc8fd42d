"""The servers, the proxies before them, and what the service is to check there."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import provision
from dephealth_testing import FaultProxy, Silent
from private_servers import (
    Certificates,
    MariaDBServer,
    OpenLDAPServer,
    PostgresServer,
    PrivateServer,
    RabbitMQServer,
    RedisServer,
)
from private_servers.dnsmasq import DNSServer
from private_servers.grpc_health import GRPCHealthServer
from private_servers.http import HTTPServer
from private_servers.kafka import KafkaServer

from .groups import POOLED, Group

LINES: dict[str, tuple[str, ...]] = {
    "amqp": ("amqp",),  # first, since it takes longest to start
    "grpc": ("grpc",),
    "http": ("http",),
    "kafka": ("kafka",),
    "ldap": ("ldap",),
    "mysql": ("mysql",),
    "postgres": ("postgres",),
    "redis": ("redis", "tcp"),
}
"""The servers, each with the types that are checked there."""

_MAKE: dict[str, Callable[[Certificates], PrivateServer]] = {
    "amqp": lambda files: RabbitMQServer(certificates=files),
    "grpc": lambda files: GRPCHealthServer(certificates=files),
    "http": lambda files: HTTPServer(certificates=files),
    "kafka": lambda files: KafkaServer(certificates=files),
    "ldap": lambda files: OpenLDAPServer(certificates=files),
    "mysql": lambda files: MariaDBServer(certificates=files, max_connections=200),
    "postgres": lambda files: PostgresServer(certificates=files, max_connections=200),
    "redis": lambda files: RedisServer(certificates=files),
}


@dataclass
class World:
    """Everything that the service depends on."""

    servers: dict[str, PrivateServer]
    proxies: dict[str, FaultProxy]
    silent: FaultProxy
    dns: DNSServer | None
    groups: list[Group] = field(default_factory=list)

    def of_line(self, line: str) -> list[Group]:
        """The groups that a server's faults touch."""
        return [group for group in self.groups if group.type in LINES[line]]


def missing() -> str:
    """The command that installs the server programs that are not here; empty if all are."""
    wanted = {server.program for server in (
        RabbitMQServer, OpenLDAPServer, MariaDBServer, PostgresServer, RedisServer
    )}  # fmt: skip
    lacking = [one for one in provision.missing() if one.name in wanted]
    return provision.install_command(lacking) if lacking else ""


def has_dns() -> bool:
    """Whether a name server can be had: dnsmasq, and root, who may listen on port 53."""
    return os.geteuid() == 0 and provision.find("dnsmasq") is not None


@asynccontextmanager
async def running(folder: Path, copies: int) -> AsyncIterator[World]:
    """All servers, started side by side; of each group *copies* endpoints.

    Args:
        folder: For the certificates.
    """
    files = Certificates.write(folder)
    servers = {line: make(files) for line, make in _MAKE.items()}
    dns = DNSServer() if has_dns() else None
    async with AsyncExitStack() as stack:
        await asyncio.gather(
            *(_entered(stack, server) for server in (*servers.values(), *([dns] if dns else [])))
        )
        proxies = {
            type: await stack.enter_async_context(FaultProxy(("127.0.0.1", servers[line].port)))
            for line, types in LINES.items()
            for type in types
        }
        silent = await stack.enter_async_context(FaultProxy(fault=Silent()))
        world = World(servers, proxies, silent, dns)
        for line, types in LINES.items():
            for type in types:
                world.groups += _groups(world, line, type, copies)
        yield world


async def _entered(stack: AsyncExitStack, server: PrivateServer) -> None:
    await asyncio.to_thread(server.start)
    stack.push_async_callback(asyncio.to_thread, server.close)


def _groups(world: World, line: str, type: str, copies: int) -> list[Group]:
    server = world.servers[line]
    direct, behind = server.port, world.proxies[type].port
    options = _options(type, server)
    groups = [
        Group(type, type, direct, copies, options=options),
        Group(f"{type}-behind", type, behind, copies, way="behind", options=options),
    ]
    if world.dns is not None:
        host = f"{type}-{{n}}.{world.dns.domain}"
        groups.append(Group(f"{type}-named", type, direct, 2, host, way="name", options=options))
    if type in POOLED:
        # An ldap3.Connection is one connection.
        size = 1 if type == "ldap" else copies
        pooled: dict[str, Any] = {"pooled": True, "account": _account(type, server)}
        if type == "ldap":
            pooled["options"] = {key: options[key] for key in ("check_method", "base_dn")}
        groups += [
            Group(f"{type}-pool", type, direct, size, **pooled),
            Group(f"{type}-pool-behind", type, behind, size, way="behind", **pooled),
        ]
    return groups


def _options(type: str, server: Any) -> dict[str, Any]:
    """Keywords of ``X_check`` that log in."""
    match type:
        case "http":
            return {"health_path": "/private", "basic_auth": [server.user, server.password]}
        case "postgres" | "mysql":
            return {
                "username": server.user,
                "password": server.password,
                "database": server.database,
            }
        case "redis":
            return {"password": server.password}
        case "amqp":
            return {
                "username": server.user,
                "password": server.password,
                "vhost": server.other_vhost,
            }
        case "ldap":
            return {
                "check_method": "search",
                "base_dn": server.private,
                "bind_dn": server.reader,
                "bind_password": server.password,
            }
    return {}


def _account(type: str, server: Any) -> dict[str, Any]:
    """Keywords for the application's own object."""
    match type:
        case "postgres":
            return {
                "user": server.user,
                "password": server.password,
                "database": server.database,
                # Else asyncpg reads the authorities anew for each of many connections at once.
                "ssl": False,
            }
        case "mysql":
            return {"user": server.user, "password": server.password, "db": server.database}
        case "redis":
            return {"password": server.password}
    return {"user": server.reader, "password": server.password}
