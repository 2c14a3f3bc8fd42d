"""Redis checks against a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis, Sentinel

from dephealth import Endpoint, check_once
from dephealth.api import redis_check
from dephealth_redis import RedisChecker
from private_servers import RedisSentinel, RedisServer, require, wait_until

if TYPE_CHECKING:
    from private_servers import Certificates

ANYWHERE = Endpoint("client.invalid", "1")
BOUND = 10.0
"""Seconds until a test that waits for an event has failed."""


async def checked(url: str, timeout: float = 5.0, **options: Any) -> str:
    """Check once what a URL declares, and give the detail."""
    dependency = redis_check("cache", url=url, critical=True, **options)
    result = await check_once(dependency.checker, dependency.endpoints[0], timeout)
    assert result.outcome is not None
    assert result.expected, result
    return result.outcome.detail


async def asked(client: Any, timeout: float = 5.0) -> str:
    """Check once through a client, and give the detail."""
    result = await check_once(RedisChecker(client=client), ANYWHERE, timeout)
    assert result.outcome is not None
    assert result.expected, result
    return result.outcome.detail


def url(server: RedisServer, host: str = "127.0.0.1", tls: bool = False) -> str:
    """Where the server is, with the default user's password."""
    userinfo = f":{quote(server.password, safe='')}@" if server.password else ""
    host = f"[{host}]" if ":" in host else host
    if tls:
        return f"rediss://{userinfo}{host}:{server.tls_port}"
    return f"redis://{userinfo}{host}:{server.port}"


@pytest.fixture
async def client(redis_server: RedisServer) -> AsyncIterator[Redis]:
    """A client of an application, with the settings that it has by itself."""
    client = Redis.from_url(url(redis_server), max_connections=20)
    yield client
    await client.aclose()


async def test_addresses(redis_server: RedisServer) -> None:
    """The server is available at each of its addresses, with a database of its own or without."""
    details = [await checked(url(redis_server, host)) for host in redis_server.hosts]
    details += [await checked(f"{url(redis_server)}/15")]

    assert set(details) == {"ok"}


async def test_unix_socket(redis_server: RedisServer) -> None:
    """So it is on its unix socket."""
    found = redis_check(
        "cache",
        host=str(redis_server.socket_path),
        port=0,
        password=redis_server.password,
        critical=True,
    )

    result = await check_once(found.checker, found.endpoints[0])

    assert result.outcome is not None
    assert result.outcome.detail == "ok"


async def test_user(redis_server: RedisServer) -> None:
    """A user of the server logs in by name."""
    address = f"redis://127.0.0.1:{redis_server.port}"
    username, password = redis_server.user, redis_server.user_password

    assert await checked(address, username=username, password=password) == "ok"


@pytest.mark.parametrize(
    ("username", "password"),
    [(None, None), (None, "wrong"), ("app", "wrong"), ("nobody", "wrong")],
)
async def test_rejected_login(
    redis_server: RedisServer, username: str | None, password: str | None
) -> None:
    """Credentials that are missing or wrong are an authentication error."""
    address = f"redis://127.0.0.1:{redis_server.port}"

    assert await checked(address, username=username, password=password) == "auth_error"


async def test_password_that_nobody_asked_for(certificates: Certificates) -> None:
    """So is a password where none is configured."""
    require("redis")
    with RedisServer(certificates=certificates, password=None) as server:
        assert await checked(url(server)) == "ok"
        assert await checked(url(server), password="any") == "auth_error"


async def test_busy(redis_server: RedisServer, client: Redis) -> None:
    """A server that a script keeps busy says so, and is unhealthy."""
    redis_server.execute("config", "set", "busy-reply-threshold", "1")
    script = asyncio.ensure_future(client.eval("while true do end", 0))
    try:
        async with asyncio.timeout(BOUND):
            while (detail := await checked(url(redis_server))) == "ok":
                await asyncio.sleep(0)
    finally:
        redis_server.execute("script", "kill")
        redis_server.execute("config", "set", "busy-reply-threshold", "5000")
        await asyncio.wait([script])

    assert "Script killed" in str(script.exception())
    assert detail == "unhealthy"


def save(server: RedisServer, outcome: str) -> None:
    """Let the server write its data down, which comes to *outcome*."""
    server.execute("bgsave")
    wait_until(
        lambda: f"rdb_last_bgsave_status:{outcome}" in server.execute("info", "persistence"),
        seconds=BOUND,
        what=f"a save that is {outcome}",
    )


async def test_cannot_save(redis_server: RedisServer) -> None:
    """A server that cannot write its data down says so, and is unhealthy."""
    redis_server.execute("config", "set", "save", "3600 1")
    redis_server.folder.chmod(0o500)
    try:
        save(redis_server, "err")
        detail = await checked(url(redis_server))
    finally:
        redis_server.folder.chmod(0o700)
        save(redis_server, "ok")
        redis_server.execute("config", "set", "save", "")

    assert detail == "unhealthy"


async def test_restart_between_two_checks(redis_server: RedisServer, client: Redis) -> None:
    """A restart that no check saw is no failure, though the client's connections are cut."""
    assert await asked(client) == "ok"
    redis_server.stop()
    redis_server.start()

    assert await asked(client) == "ok"


async def test_client_stays_in_step(redis_server: RedisServer, client: Redis) -> None:
    """A check that was cut short does not take the answer to the next command with it."""
    await client.set("key", "mine")
    redis_server.pause()
    try:
        assert await asked(client, 0.3) == "timeout"
    finally:
        redis_server.resume()

    assert await client.get("key") == b"mine"


@pytest.mark.parametrize("kind", [ConnectionPool, BlockingConnectionPool])
async def test_exhausted_pool(redis_server: RedisServer, kind: type[ConnectionPool]) -> None:
    """A client whose one connection waits is exhausted, unless it is the server that hangs."""
    pool = kind.from_url(url(redis_server), max_connections=1)
    client = Redis(connection_pool=pool)
    waiting = asyncio.ensure_future(client.blpop(["list"], timeout=0))
    async with asyncio.timeout(BOUND):
        while not pool._in_use_connections:
            await asyncio.sleep(0)

    assert await asked(client, 1.0) == "pool_exhausted"
    redis_server.pause()
    try:
        assert await asked(client, 0.5) == "timeout"
    finally:
        redis_server.resume()
    async with Redis.from_url(url(redis_server)) as other:
        await other.lpush("list", "item")

    assert await waiting == (b"list", b"item")
    assert await asked(client) == "ok"
    await pool.disconnect()


async def test_leaves_no_connection(redis_server: RedisServer) -> None:
    """The server has no more clients after many checks than before."""

    def clients() -> int:
        return len(redis_server.execute("client", "list").splitlines())

    before = clients()
    for _ in range(50):
        await checked(url(redis_server))
        await checked(url(redis_server), password="wrong")
    async with asyncio.timeout(BOUND):
        while clients() != before:
            await asyncio.sleep(0.01)


async def test_sentinel(redis_server: RedisServer) -> None:
    """A client that a Sentinel leads is asked at its master, and labelled with the Sentinel."""
    with RedisSentinel(redis_server) as sentinel:
        address = (sentinel.host, sentinel.port)
        watching = Sentinel([address], password=redis_server.password)  # type: ignore[no-untyped-call]
        client = watching.master_for(sentinel.name)
        assert RedisChecker().locate(client) == address
        assert await asked(client) == "ok"

        sentinel.pause()
        assert await asked(client, 0.5) == "ok"
        sentinel.resume()
        await client.aclose()
        await watching.sentinels[0].aclose()
