"""Each checker beside its bare driver: a healthy check against the same work without us."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NamedTuple

from dephealth import Checker, Endpoint
from dephealth._attempt import Attempt
from dephealth._checker import Deadline
from dephealth._pulse import Pulse

from .measure import Call, compared
from .peers import accepting, answering
from .row import Row, ratio_row

SECTION = "A healthy check beside the bare driver"
TIMEOUT = 5.0


class Pair(NamedTuple):
    """A check and the bare work that it is compared with."""

    ours: Call
    bare: Call


class Subject(NamedTuple):
    """What is compared; `most` is the multiple that must not be exceeded."""

    name: str
    bare: str
    most: float
    pair: Callable[[], AbstractAsyncContextManager[Pair]]


class Check:
    """A check as the scheduler makes it: under its deadline, classified, in the running task."""

    def __init__(self, checker: Checker, endpoint: Endpoint) -> None:
        self._checker = checker
        self._endpoint = endpoint
        self._deadline = Deadline()
        self._pulse = Pulse(asyncio.get_running_loop(), time.perf_counter)

    async def __call__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        attempt = Attempt(
            self._checker, TIMEOUT, TIMEOUT, self._pulse, time.perf_counter, lambda *_: None
        )
        finding = await attempt.run(self._endpoint, task, self._deadline)
        if finding is not None:
            raise AssertionError("a healthy check failed") from finding.cause


def bounded(call: Call) -> Call:
    """*call* under the same timeout as a check."""

    async def run() -> None:
        async with asyncio.timeout(TIMEOUT):
            await call()

    return run


@asynccontextmanager
async def tcp() -> AsyncIterator[Pair]:
    """Connect and close."""
    import socket

    from dephealth_tcp import TCPChecker

    with accepting() as port:
        loop = asyncio.get_running_loop()

        async def bare() -> None:
            sock = socket.socket()
            sock.setblocking(False)
            try:
                await loop.sock_connect(sock, ("127.0.0.1", port))
            finally:
                sock.close()

        yield Pair(Check(TCPChecker(), Endpoint("127.0.0.1", str(port))), bounded(bare))


@asynccontextmanager
async def http() -> AsyncIterator[Pair]:
    """GET, beside an aiohttp session for each request."""
    import aiohttp

    from dephealth_http import HTTPChecker

    with answering() as port:
        url = f"http://127.0.0.1:{port}/health"

        async def bare() -> None:
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                assert answer.status == 204

        yield Pair(Check(HTTPChecker(), Endpoint("127.0.0.1", str(port))), bounded(bare))


@asynccontextmanager
async def grpc() -> AsyncIterator[Pair]:
    """Health/Check on a new channel."""
    from grpc import aio
    from grpc_health.v1.health_pb2 import HealthCheckRequest
    from grpc_health.v1.health_pb2_grpc import HealthStub

    from dephealth_grpc import GRPCChecker
    from private_servers.grpc_health import GRPCHealthServer

    with GRPCHealthServer() as server:
        target = f"127.0.0.1:{server.port}"

        async def bare() -> None:
            async with aio.insecure_channel(target) as channel:
                answer = await HealthStub(channel).Check(HealthCheckRequest())
                assert answer.status == 1

        yield Pair(Check(GRPCChecker(), Endpoint("127.0.0.1", str(server.port))), bounded(bare))


@asynccontextmanager
async def postgres() -> AsyncIterator[Pair]:
    """Connect, query, close."""
    import asyncpg

    from dephealth_postgres import PostgresChecker
    from private_servers import PostgresServer

    with PostgresServer() as server:
        login: dict[str, Any] = {"password": server.password, "database": server.database}

        async def bare() -> None:
            connection = await asyncpg.connect(
                host=server.host, port=server.port, user=server.user, ssl="prefer", **login
            )
            try:
                assert await connection.fetchval("SELECT 1") == 1
            finally:
                await connection.close()

        checker = PostgresChecker(username=server.user, **login)
        yield Pair(Check(checker, Endpoint(server.host, str(server.port))), bounded(bare))


@asynccontextmanager
async def postgres_pool() -> AsyncIterator[Pair]:
    """Query on a connection of a pool."""
    import asyncpg

    from dephealth_postgres import PostgresChecker
    from private_servers import PostgresServer

    with PostgresServer() as server:
        pool = await asyncpg.create_pool(
            host=server.host,
            port=server.port,
            user=server.user,
            password=server.password,
            database=server.database,
        )
        endpoint = Endpoint(server.host, str(server.port))
        yield Pair(
            Check(PostgresChecker(pool=pool), endpoint), bounded(lambda: pool.fetchval("SELECT 1"))
        )
        await pool.close()


@asynccontextmanager
async def mysql() -> AsyncIterator[Pair]:
    """Connect, query, close."""
    import aiomysql

    from dephealth_mysql import MySQLChecker
    from private_servers import MariaDBServer

    with MariaDBServer() as server:

        async def bare() -> None:
            connection = await aiomysql.connect(
                host=server.host,
                port=server.port,
                user=server.user,
                password=server.password,
                db=server.database,
            )
            async with connection.cursor() as cursor:
                await cursor.execute("SELECT 1")
                await cursor.fetchone()
            await connection.ensure_closed()

        checker = MySQLChecker(
            username=server.user, password=server.password, database=server.database
        )
        yield Pair(Check(checker, Endpoint(server.host, str(server.port))), bounded(bare))


@asynccontextmanager
async def mysql_pool() -> AsyncIterator[Pair]:
    """Query on a connection of a pool."""
    import aiomysql

    from dephealth_mysql import MySQLChecker
    from private_servers import MariaDBServer

    with MariaDBServer() as server:
        pool = await aiomysql.create_pool(
            host=server.host,
            port=server.port,
            user=server.user,
            password=server.password,
            db=server.database,
        )

        async def bare() -> None:
            async with pool.acquire() as connection, connection.cursor() as cursor:
                await cursor.execute("SELECT 1")
                await cursor.fetchone()

        endpoint = Endpoint(server.host, str(server.port))
        yield Pair(Check(MySQLChecker(pool=pool), endpoint), bounded(bare))
        pool.close()
        await pool.wait_closed()


@asynccontextmanager
async def redis() -> AsyncIterator[Pair]:
    """Connect, PING, close."""
    from redis.asyncio import Redis

    from dephealth_redis import RedisChecker
    from private_servers import RedisServer

    with RedisServer() as server:

        async def bare() -> None:
            async with Redis(
                host=server.host, port=server.port, password=server.password
            ) as client:
                assert await client.ping()

        checker = RedisChecker(password=server.password)
        yield Pair(Check(checker, Endpoint(server.host, str(server.port))), bounded(bare))


@asynccontextmanager
async def redis_client() -> AsyncIterator[Pair]:
    """PING through a client."""
    from redis.asyncio import Redis

    from dephealth_redis import RedisChecker
    from private_servers import RedisServer

    with RedisServer() as server:
        client = Redis(host=server.host, port=server.port, password=server.password)
        endpoint = Endpoint(server.host, str(server.port))
        yield Pair(Check(RedisChecker(client=client), endpoint), bounded(client.ping))
        await client.aclose()


@asynccontextmanager
async def ldap() -> AsyncIterator[Pair]:
    """Connect, read the server's own entry, unbind, in a thread."""
    import ldap3

    from dephealth_ldap import LdapChecker
    from private_servers import OpenLDAPServer

    with OpenLDAPServer() as server:

        def ask() -> None:
            target = ldap3.Server(
                server.host, server.port, get_info=ldap3.NONE, connect_timeout=TIMEOUT
            )
            connection = ldap3.Connection(target, receive_timeout=int(TIMEOUT))
            connection.open()
            assert connection.search(
                "", "(objectClass=*)", search_scope=ldap3.BASE, attributes=["1.1"]
            )
            connection.unbind()

        endpoint = Endpoint(server.host, str(server.port))
        yield Pair(Check(LdapChecker(), endpoint), bounded(lambda: asyncio.to_thread(ask)))


@asynccontextmanager
async def ldap_client() -> AsyncIterator[Pair]:
    """Read the server's own entry on the application's connection, in a thread."""
    import ldap3

    from dephealth_ldap import LdapChecker
    from private_servers import OpenLDAPServer

    with OpenLDAPServer() as server:
        target = ldap3.Server(server.host, server.port, get_info=ldap3.NONE)
        client = ldap3.Connection(target, auto_bind=True)

        def ask() -> None:
            assert client.search("", "(objectClass=*)", search_scope=ldap3.BASE, attributes=["1.1"])

        endpoint = Endpoint(server.host, str(server.port))
        yield Pair(
            Check(LdapChecker(client=client), endpoint), bounded(lambda: asyncio.to_thread(ask))
        )
        client.unbind()


@asynccontextmanager
async def amqp() -> AsyncIterator[Pair]:
    """Connect up to connection.open-ok, close."""
    import aiormq
    from yarl import URL

    from dephealth_amqp import AMQPChecker
    from private_servers import RabbitMQServer

    with RabbitMQServer() as server:
        url = URL.build(
            scheme="amqp",
            user=server.user,
            password=server.password,
            host=server.host,
            port=server.port,
            path="/",
        )

        async def bare() -> None:
            connection = await aiormq.connect(url)
            await connection.close()

        checker = AMQPChecker(username=server.user, password=server.password)
        yield Pair(Check(checker, Endpoint(server.host, str(server.port))), bounded(bare))


@asynccontextmanager
async def kafka() -> AsyncIterator[Pair]:
    """Metadata of a new client, in a thread."""
    from confluent_kafka.admin import AdminClient

    from dephealth_kafka import KafkaChecker
    from private_servers.kafka import KafkaServer

    with KafkaServer() as server:
        settings: dict[str, Any] = {
            "bootstrap.servers": f"{server.host}:{server.ports[0]}",
            "log_level": 0,
        }

        def ask() -> None:
            assert AdminClient(settings).list_topics(timeout=TIMEOUT).brokers

        endpoint = Endpoint(server.host, str(server.ports[0]))
        yield Pair(Check(KafkaChecker(), endpoint), bounded(lambda: asyncio.to_thread(ask)))


SUBJECTS = (
    Subject("tcp", "loop.sock_connect", 1.3, tcp),
    Subject("http", "an aiohttp session for each request", 1.0, http),
    Subject("grpc", "a grpc.aio channel for each call", 1.1, grpc),
    Subject("postgres", "asyncpg.connect, fetchval, close", 1.1, postgres),
    Subject("postgres, pool=", "pool.fetchval", 1.2, postgres_pool),
    Subject("mysql", "aiomysql.connect, execute, ensure_closed", 1.1, mysql),
    Subject("mysql, pool=", "pool.acquire, execute", 1.2, mysql_pool),
    Subject("redis", "Redis(), ping, aclose", 1.1, redis),
    Subject("redis, client=", "client.ping", 1.35, redis_client),
    Subject("ldap", "ldap3.Connection, search, unbind in a thread", 1.1, ldap),
    Subject("ldap, client=", "client.search in a thread", 1.5, ldap_client),
    Subject("amqp", "aiormq.connect, close", 1.1, amqp),
    Subject("kafka", "AdminClient, list_topics in a thread", 1.1, kafka),
)


async def measured(subject: Subject, pairs: int = 40, batch_seconds: float = 0.1) -> list[Row]:
    """The row of *subject*."""
    async with subject.pair() as pair:
        ratio = await compared(pair.ours, pair.bare, pairs=pairs, batch_seconds=batch_seconds)
    return [ratio_row(SECTION, subject.name, subject.bare, ratio, subject.most)]
