"""Instrumented drivers: no span of theirs in checks, or all of them in one tree."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import quote

import asyncpg
import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from redis.asyncio import Redis

from dephealth import Dependency, Endpoint
from dephealth.api import DependencyHealth, grpc_check, http_check, postgres_check, redis_check
from dephealth_otel import OtelExporter
from private_servers import PostgresServer, RedisServer
from private_servers.grpc_health import GRPCHealthServer
from waiting import first_results, served

INSTRUMENTORS = {
    "asyncpg": ("opentelemetry.instrumentation.asyncpg", "AsyncPGInstrumentor"),
    "redis": ("opentelemetry.instrumentation.redis", "RedisInstrumentor"),
    "httpx": ("opentelemetry.instrumentation.httpx", "HTTPXClientInstrumentor"),
    "grpc": ("opentelemetry.instrumentation.grpc", "GrpcAioInstrumentorClient"),
}
ROOT = "dependency.health.check"


class Traced:
    """Instrumented drivers, and the spans that have ended."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._spans))
        self.instrumentors: list[Any] = [
            getattr(importlib.import_module(module), name)()
            for module, name in INSTRUMENTORS.values()
        ]
        for each in self.instrumentors:
            each.instrument(tracer_provider=self.provider)

    def end(self) -> None:
        """Make the drivers what they were."""
        for each in self.instrumentors:
            each.uninstrument()
        self.provider.shutdown()

    def taken(self) -> list[ReadableSpan]:
        """The spans since the last time."""
        spans = list(self._spans.get_finished_spans())
        self._spans.clear()
        return spans


@pytest.fixture
def traced() -> Iterator[Traced]:
    """Instrumented drivers."""
    it = Traced()
    yield it
    it.end()


class Application:
    """One dependency of each kind that an application may have, and the application's own use."""

    def __init__(self) -> None:
        self.dependencies: list[Dependency] = []
        self.uses: dict[str, Callable[[], Awaitable[object]]] = {}


class Asks:
    """A checker of the user's own."""

    def __init__(self, ask: Callable[[], Awaitable[object]]) -> None:
        self._ask = ask

    async def check(self, endpoint: Endpoint) -> None:
        """Ask."""
        await self._ask()


def own(name: str, ask: Callable[[], Awaitable[object]]) -> Dependency:
    """A dependency with a checker of the user's own."""
    return Dependency(
        name=name,
        type="own",
        checker=Asks(ask),
        endpoints=[Endpoint(f"{name}.svc", "1")],
        critical=True,
    )


async def ok(scope: Any, receive: Any, send: Any) -> None:
    """Answer every request with 200 (an ASGI application)."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def application(
    postgres: PostgresServer, redis: RedisServer, grpc_server: GRPCHealthServer
) -> AsyncIterator[Application]:
    """Pools and clients to real servers, made by instrumented drivers."""
    it = Application()
    login = f"{postgres.user}:{quote(postgres.password, safe='')}"
    pg_url = f"postgresql://{login}@{postgres.host}:{postgres.port}/{postgres.database}"
    redis_url = f"redis://:{quote(redis.password or '', safe='')}@{redis.host}:{redis.port}"
    grpc_at = f"{grpc_server.host}:{grpc_server.port}"
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        pool = await enter(asyncpg.create_pool(pg_url, min_size=1, max_size=2))
        client = await enter(Redis.from_url(redis_url))
        http_url = await enter(served(ok))
        http = await enter(httpx.AsyncClient(trust_env=False))
        channel = await enter(grpc.aio.insecure_channel(grpc_at))
        stub: Any = health_pb2_grpc.HealthStub(channel)

        async def ask_http() -> object:
            return await http.get(http_url)

        async def ask_grpc() -> object:
            return await stub.Check(health_pb2.HealthCheckRequest())

        it.dependencies = [
            postgres_check("pg-pool", pool=pool, critical=True),
            postgres_check("pg-own", url=pg_url, critical=True),
            redis_check("redis-client", client=client, critical=True),
            redis_check("redis-own", url=redis_url, critical=True),
            http_check("http", url=http_url, critical=True),
            own("redis-ping", client.ping),
            own("httpx", ask_http),
            grpc_check("grpc", url=f"grpc://{grpc_at}", critical=True),
            own("grpc-aio", ask_grpc),
        ]
        it.uses = {
            "pg-pool": lambda: pool.fetchval("SELECT 1"),
            "redis-client": client.ping,
            "httpx": ask_http,
            "grpc-aio": ask_grpc,
        }
        yield it


@pytest.fixture
async def app(
    traced: Traced, postgres_server: PostgresServer, redis_server: RedisServer
) -> AsyncIterator[Application]:
    """An application whose drivers are instrumented."""
    with GRPCHealthServer() as grpc_server:
        async with application(postgres_server, redis_server, grpc_server) as it:
            traced.taken()
            yield it


@asynccontextmanager
async def checked(app: Application, traced: Traced, *, trace: bool) -> AsyncIterator[None]:
    """Check everything once, and go on."""
    provider = MeterProvider()
    exporter = OtelExporter(meter_provider=provider, tracer_provider=traced.provider, trace=trace)
    health = DependencyHealth("orders", "shop", *app.dependencies, exporters=[exporter])
    await health.start()
    try:
        await first_results(health)
        assert health.health() == dict.fromkeys((each.name for each in app.dependencies), True)
        yield
    finally:
        await health.stop()
        provider.shutdown()


async def test_no_spans_by_default(app: Application, traced: Traced) -> None:
    """Checks through instrumented drivers leave no span."""
    async with checked(app, traced, trace=False):
        pass
    assert [span.name for span in traced.taken()] == []


async def test_application_keeps_its_spans(app: Application, traced: Traced) -> None:
    """What the application does with the same pools and clients meanwhile is traced as ever."""
    async with checked(app, traced, trace=False):
        for name, use in app.uses.items():
            await use()
            spans = traced.taken()
            assert spans, name
            assert all(span.parent is None for span in spans), name


async def test_one_tree_for_each_check(app: Application, traced: Traced) -> None:
    """With `trace` each check is a tree: its span, and the driver's own under it."""
    async with checked(app, traced, trace=True):
        pass
    spans = traced.taken()
    roots = [span for span in spans if span.parent is None]
    traces = {span.context.trace_id for span in roots if span.context}
    assert {span.name for span in roots} == {ROOT}
    assert len(roots) == len(traces) >= len(app.dependencies)
    children = [span for span in spans if span.parent is not None]
    assert {span.context.trace_id for span in children if span.context} <= traces
    assert {span.instrumentation_scope.name for span in children if span.instrumentation_scope} >= {
        module for module, _ in INSTRUMENTORS.values()
    }
