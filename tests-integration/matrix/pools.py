"""The checkers that ask through the application's own pool or client."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import aiomysql
import asyncpg
import ldap3
from redis.asyncio import Redis, Sentinel
from redis.asyncio import RedisCluster as ClusterClient
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from dephealth.api import Dependency, ldap_check, mysql_check, postgres_check, redis_check
from private_servers import RedisSentinel

from .standalone import credentials
from .subjects import AT_ONCE, NAME, Subject, given
from .target import Login, Target, Tls


@dataclass(frozen=True)
class PostgresPool(Subject):
    """An `asyncpg.Pool` that connects when it is first used."""

    pooled: ClassVar[bool] = True

    @asynccontextmanager
    async def open(self, target: Target, *, warm: bool) -> AsyncIterator[Dependency]:
        del warm
        server: Any = target.server
        user, password = credentials(self.type, target)
        pool = await asyncpg.create_pool(
            host=target.host,
            port=target.port,
            user=user,
            password=password,
            database=target.database or server.database,
            ssl=False if target.login is Login.TLS_ONLY else target.context(),
            min_size=0,
            max_size=AT_ONCE,
        )
        declared = postgres_check(NAME, pool=pool, critical=True, **target.options)
        try:
            async with given(declared) as dependency:
                yield dependency
        finally:
            pool.terminate()


@dataclass(frozen=True)
class MySQLPool(Subject):
    """An `aiomysql.Pool` that connects when it is first used."""

    pooled: ClassVar[bool] = True

    @asynccontextmanager
    async def open(self, target: Target, *, warm: bool) -> AsyncIterator[Dependency]:
        del warm
        server: Any = target.server
        user, password = credentials(self.type, target)
        pool = await aiomysql.create_pool(
            host=target.host,
            port=target.port,
            user=user,
            password=password or "",
            db=target.database or server.database,
            ssl=target.context(),
            minsize=0,
            maxsize=AT_ONCE,
        )
        declared = mysql_check(NAME, pool=pool, critical=True, **target.options)
        try:
            async with given(declared) as dependency:
                yield dependency
        finally:
            pool.terminate()
            await pool.wait_closed()


@dataclass(frozen=True)
class RedisClient(Subject):
    """A client of redis.asyncio that tries again and again, and waits long in between."""

    pooled: ClassVar[bool] = True
    retries: ClassVar[bool] = True
    at_once: ClassVar[int] = 2  # redis-py makes a context of TLS for each connection

    @asynccontextmanager
    async def open(self, target: Target, *, warm: bool) -> AsyncIterator[Dependency]:
        del warm
        client, *beside = self._made(target)
        declared = redis_check(NAME, client=client, critical=True, **target.options)
        try:
            async with given(declared) as dependency:
                yield dependency
        finally:
            for one in (client, *beside):
                await one.aclose()

    def _made(self, target: Target) -> Sequence[Any]:
        """The client, and what else is to be closed."""
        return [Redis(**self._keywords(target))]

    def _keywords(self, target: Target) -> dict[str, Any]:
        user, password = credentials(self.type, target)
        files = target.server.certificates
        tls: dict[str, Any] = {}
        if target.tls is not Tls.NONE:
            tls = {"ssl": True}
            if target.tls is Tls.TRUSTING:
                tls["ssl_ca_certs"] = str(files.ca_file)
            if target.tls is Tls.BLIND:
                tls |= {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
            if target.shows_certificate:
                tls["ssl_certfile"] = str(files.client_certificate)
                tls["ssl_keyfile"] = str(files.client_key)
        return {
            "host": target.host,
            "port": target.port,
            "username": user,
            "password": password,
            "max_connections": AT_ONCE,
            "retry": Retry(ConstantBackoff(30), 3),
            **({"db": int(target.database)} if target.database else {}),
            **tls,
        }


@dataclass(frozen=True)
class RedisSentinelClient(RedisClient):
    """A client of the master that a Sentinel names; the target is the Sentinel."""

    def _made(self, target: Target) -> Sequence[Any]:
        keywords = self._keywords(target)
        at = keywords.pop("host"), keywords.pop("port")
        watching = Sentinel([at])  # type: ignore[no-untyped-call]
        client = watching.master_for(RedisSentinel.name, **keywords)
        return [client, *watching.sentinels]


@dataclass(frozen=True)
class RedisClusterClient(RedisClient):
    """A client of a cluster; the target is its first node."""

    retries: ClassVar[bool] = False

    def _made(self, target: Target) -> Sequence[Any]:
        def remapped(address: tuple[str, int]) -> tuple[str, int]:
            del address  # what the node says of itself is not where the target is
            return target.host, target.port

        return [ClusterClient(**self._keywords(target), address_remap=remapped)]


@dataclass(frozen=True)
class LdapClient(Subject):
    """An `ldap3.Connection` that is open, or one that opens when it is first used."""

    pooled: ClassVar[bool] = True
    recovers: ClassVar[bool] = False
    at_once: ClassVar[int] = 2  # ldap3 reads the system's authorities for each connection

    @asynccontextmanager
    async def open(self, target: Target, *, warm: bool) -> AsyncIterator[Dependency]:
        client = await asyncio.to_thread(self._made, target, warm)
        server: Any = target.server
        options: dict[str, Any] = {"check_method": "search", "base_dn": server.guarded}
        if target.login is Login.WRONG:
            user, password = credentials(self.type, target)
            options = {"check_method": "simple_bind", "bind_dn": user, "bind_password": password}
        declared = ldap_check(NAME, client=client, critical=True, **{**options, **target.options})
        try:
            async with given(declared) as dependency:
                yield dependency
        finally:
            if client.socket is not None:
                client.socket.close()

    def _made(self, target: Target, warm: bool) -> Any:
        login = Login.GOOD if target.login is Login.WRONG else target.login
        user, password = credentials(self.type, Target(**{**vars(target), "login": login}))
        files = target.server.certificates
        strict = None
        if target.tls is not Tls.NONE:
            blind = target.tls is Tls.BLIND
            strict = ldap3.Tls(
                validate=ssl.CERT_NONE if blind else ssl.CERT_REQUIRED,
                ca_certs_file=str(files.ca_file) if target.tls is Tls.TRUSTING else None,
                local_certificate_file=(
                    str(files.client_certificate) if target.shows_certificate else None
                ),
                local_private_key_file=str(files.client_key) if target.shows_certificate else None,
            )
        server = ldap3.Server(target.host, target.port, use_ssl=strict is not None, tls=strict)
        return ldap3.Connection(server, user, password, auto_bind=True, lazy=not warm)
