"""A check on a connection of the application's pool."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from dephealth import Endpoint, check_once
from dephealth_postgres import PostgresChecker
from dephealth_testing import assert_nothing_left

if TYPE_CHECKING:
    from conftest import Check, FakePostgres


@pytest.fixture
async def pool(server: FakePostgres) -> AsyncIterator[Any]:
    """A pool of at most two connections, none made yet."""
    async with asyncpg.create_pool(
        host=server.host, port=server.port, user="app", min_size=0, max_size=2
    ) as pool:
        yield pool
        pool.terminate()


def free(pool: Any) -> int:
    """How many connections the pool could give away at once."""
    free: int = pool.get_max_size() - pool.get_size() + pool.get_idle_size()
    return free


async def test_query_on_the_pool(server: FakePostgres, pool: Any, check: Check) -> None:
    """Checks share a connection of the pool, and give it back."""
    assert [await check(pool=pool) for _ in range(3)] == ["ok"] * 3
    assert server.asked == ["SELECT 1"] * 3
    assert server.connections == pool.get_idle_size() == 1


async def test_callable(pool: Any, check: Check) -> None:
    """The pool may come from a callable."""
    assert await check(pool=lambda: pool) == "ok"


async def test_command_timeout_does_not_count(server: FakePostgres) -> None:
    """The check's deadline counts, and no shorter one of the application's commands."""
    server.held.add("SELECT 1")
    async with asyncpg.create_pool(
        host=server.host, port=server.port, user="app", min_size=1, command_timeout=0.05
    ) as pool:
        result = await check_once(PostgresChecker(pool=pool), server.endpoint, 0.4)
        assert result.latency >= 0.4


@pytest.mark.parametrize("phase", ["SELECT 1", "reset"])
async def test_blocked_loop_is_no_timeout(
    server: FakePostgres, pool: Any, check: Check, phase: str
) -> None:
    """Time in which the application blocks the event loop counts in no phase of the check."""
    server.held.add(phase)
    checking = asyncio.ensure_future(check(pool=pool, timeout=0.3))
    await server.until(lambda: phase in server.holding)
    time.sleep(1.5)  # noqa: ASYNC251  # as a request does that computes
    server.release()
    assert await checking == "ok"


async def test_slow_query_costs_no_connection(
    server: FakePostgres, pool: Any, check: Check
) -> None:
    """A query that is stopped at the deadline leaves the connection in the pool."""
    server.held.add("SELECT 1")
    for _ in range(5):  # on a busy machine the request to stop may be too late
        assert await check(pool=pool, timeout=0.2) == "timeout"
        assert free(pool) == 2
        if server.cancels:
            break
    assert server.cancels == pool.get_idle_size() == 1


async def test_hung_server(server: FakePostgres, pool: Any, check: Check) -> None:
    """A server that hangs in the query cannot keep the connection from the pool."""
    await check(pool=pool)
    server.held.update({"SELECT 1", "cancel", "login"})
    assert await check(pool=pool, timeout=0.3) == "timeout"
    assert free(pool) == 2
    server.release()
    assert await check(pool=pool) == "ok"


async def test_hang_while_the_connection_goes_back(
    server: FakePostgres, pool: Any, check: Check
) -> None:
    """A server that hangs after its answer cannot keep the connection either."""
    server.held.add("reset")
    assert await check(pool=pool, timeout=0.3) == "timeout"
    assert free(pool) == 2


async def test_stop_while_the_connection_goes_back(server: FakePostgres, pool: Any) -> None:
    """A check that is cancelled then sees the end of it, and leaves no exception behind."""
    heard: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
    server.held.add("reset")
    checking = asyncio.create_task(check_once(PostgresChecker(pool=pool), server.endpoint, 1.0))
    await server.until(lambda: "reset" in server.holding)
    returning = {task for task in asyncio.all_tasks() if "release" in repr(task)}
    assert returning

    checking.cancel()
    async with asyncio.timeout(2):
        await asyncio.wait({checking, *returning})
    returning.clear()
    gc.collect()

    assert heard == []
    assert free(pool) == 2


async def test_rejected_query_costs_no_connection(
    server: FakePostgres, pool: Any, check: Check
) -> None:
    """After a query that the server rejects the connection goes back as it was."""
    server.errors["SELECT 1"] = "42P01"
    assert await check(pool=pool) == "query_error"
    assert pool.get_idle_size() == 1


async def test_lost_connection(server: FakePostgres, pool: Any, check: Check) -> None:
    """A connection that ends within the query is reset, and the pool makes a new one."""
    server.held.add("SELECT 1")
    checking = asyncio.create_task(check(pool=pool))
    await server.until(lambda: server.asked == ["SELECT 1"])
    server.hang_up()
    assert await checking == "connection_reset"
    server.release()
    assert await check(pool=pool) == "ok"


async def test_broken_connection_is_not_kept(server: FakePostgres, pool: Any) -> None:
    """After a failure that nobody knows, the connection is not given to others."""

    class Broken(asyncpg.Connection):  # type: ignore[misc]
        async def fetchval(self, *_: object, **__: object) -> None:
            raise asyncpg.InternalClientError("out of step")

    async with asyncpg.create_pool(
        host=server.host, port=server.port, user="app", min_size=1, connection_class=Broken
    ) as broken:
        result = await check_once(PostgresChecker(pool=broken), server.endpoint)
        assert result.reason == "InternalClientError: out of step"
        assert broken.get_idle_size() == 0


async def test_refused_login(server: FakePostgres, pool: Any, check: Check) -> None:
    """Why the pool cannot connect is told as without a pool."""
    server.refusal = "28000"
    assert await check(pool=pool) == "auth_error"


async def test_server_that_is_gone(server: FakePostgres, pool: Any, check: Check) -> None:
    """A server that refuses the pool's connections is refused."""
    server.refuse()
    assert await check(pool=pool) == "connection_refused"


class Watched(ThreadPoolExecutor):
    """An executor that counts what it is given."""

    given = 0

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        self.given += 1
        return super().submit(*args, **kwargs)


async def test_name_that_is_not_resolved(
    server: FakePostgres, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While no answer comes to a name, the loop's executor is not given to wait for it."""
    over = threading.Event()

    def unanswered(*_: object, **__: object) -> None:
        over.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", unanswered)
    executor = Watched(1)
    asyncio.get_running_loop().set_default_executor(executor)
    async with asyncpg.create_pool(
        host="pg.invalid", port=server.port, user="app", min_size=0
    ) as pool:
        assert await check(pool=pool, timeout=0.2) == "dns_error"
        over.set()
    assert executor.given == 0


async def test_name_that_does_not_resolve(server: FakePostgres, check: Check) -> None:
    """Of several hosts, one that does not resolve does not keep the pool from the next."""
    hosts = ["pg.invalid", server.host]
    async with asyncpg.create_pool(
        host=hosts, port=[server.port] * 2, user="app", min_size=0
    ) as pool:
        assert await check(pool=pool) == "ok"
    async with asyncpg.create_pool(host="pg.invalid", user="app", min_size=0) as pool:
        assert await check(pool=pool) == "dns_error"


async def test_missing_socket(tmp_path: Any, check: Check) -> None:
    """A socket that the pool does not find is one that nobody listens on."""
    async with asyncpg.create_pool(host=str(tmp_path), user="app", min_size=0) as pool:
        assert await check(Endpoint(str(tmp_path), "5432"), pool=pool) == "connection_refused"


async def test_tls_that_the_pool_requires(server: FakePostgres, check: Check) -> None:
    """A server without the TLS that the pool requires is a TLS error."""
    url = f"postgres://app@{server.endpoint}?sslmode=require"
    async with asyncpg.create_pool(url, min_size=0) as pool:
        assert await check(pool=pool) == "tls_error"


async def test_closed_pool(pool: Any, check: Check) -> None:
    """A pool that was closed is an error that is known."""
    await pool.close()
    assert await check(pool=pool) == "error"


async def test_pool_that_was_never_awaited(server: FakePostgres, check: Check) -> None:
    """A pool that is not ready is an error that is known."""
    pool = asyncpg.create_pool(host=server.host, port=server.port, user="app")
    assert await check(pool=pool) == "error"


async def test_session_is_reset(server: FakePostgres, pool: Any, check: Check) -> None:
    """Whatever the query did to the session is undone as after every use."""
    await check(pool=pool)
    assert server.resets == 1


@pytest.mark.parametrize("phase", ["login", "SELECT 1", "reset"])
async def test_cancelled_check_gives_back(server: FakePostgres, pool: Any, phase: str) -> None:
    """A check that is cancelled in any phase leaves the pool whole."""
    server.held.add(phase)
    async with assert_nothing_left():
        checking = asyncio.create_task(check_once(PostgresChecker(pool=pool), server.endpoint))
        await server.until(lambda: phase in server.holding)
        checking.cancel()
        await asyncio.wait([checking], timeout=1)
        assert checking.cancelled()
        server.release()
        assert (await check_once(PostgresChecker(pool=pool), server.endpoint)).reason == ""
        await pool.expire_connections()
        pool.terminate()
        await server.until(lambda: not server.open)
    assert free(pool) == 2
