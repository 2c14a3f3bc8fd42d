"""The examples of the guide to connection pools, as users have them in their services."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import aiomysql
import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from ldap3 import Connection, Server
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis

from dephealth.api import (
    DependencyHealth,
    http_check,
    kafka_check,
    ldap_check,
    mysql_check,
    postgres_check,
    redis_check,
)
from dephealth_fastapi import DepHealthMiddleware, dependencies_router
from private_servers import MariaDBServer, OpenLDAPServer, PostgresServer, RedisServer
from private_servers.http import HTTPServer
from private_servers.kafka import KafkaServer
from waiting import first_results, served

SERIES_PER_ENDPOINT = 21


@pytest.fixture
def database_url(postgres_server: PostgresServer) -> str:
    """The URL of the database as an operator writes it."""
    server = postgres_server
    return (
        f"postgresql://{server.user}:{quote(server.password, safe='')}"
        f"@{server.host}:{server.port}/{server.database}"
    )


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of the cache as an operator writes it."""
    server = redis_server
    return f"redis://:{quote(server.password or '', safe='')}@{server.host}:{server.port}"


async def test_postgresql_example(database_url: str) -> None:
    """A pool made as the application would make it is watched without any address."""
    pg_pool = await asyncpg.create_pool(
        database_url,
        min_size=5,
        max_size=20,
    )

    dh = DependencyHealth("my-service", "my-team",
        postgres_check("postgres-main",
            pool=pg_pool,
            critical=True,
        ),
        registry=CollectorRegistry(),
    )  # fmt: skip

    await dh.start()
    await first_results(dh)
    assert dh.health() == {"postgres-main": True}
    assert next(iter(dh.health_details())).startswith("postgres-main:127.0.0.1:")
    await dh.stop()
    await pg_pool.close()


async def test_mysql_example(mariadb_server: MariaDBServer) -> None:
    """A pool of MySQL is watched without any address."""
    mysql_pool = await aiomysql.create_pool(
        host=mariadb_server.host,
        port=mariadb_server.port,
        user=mariadb_server.user,
        password=mariadb_server.password,
        db=mariadb_server.database,
        minsize=5,
        maxsize=20,
    )

    dh = DependencyHealth("my-service", "my-team",
        mysql_check("mysql-main",
            pool=mysql_pool,
            critical=True,
        ),
        registry=CollectorRegistry(),
    )  # fmt: skip

    await dh.start()
    await first_results(dh)
    assert dh.health() == {"mysql-main": True}
    assert list(dh.health_details()) == [f"mysql-main:127.0.0.1:{mariadb_server.port}"]
    await dh.stop()
    assert mysql_pool.freesize == mysql_pool.size == 5
    mysql_pool.close()
    await mysql_pool.wait_closed()


async def test_redis_example(redis_url: str) -> None:
    """A client made as the application would make it is watched without any address."""
    redis_client = Redis.from_url(
        redis_url,
        max_connections=20,
    )

    dh = DependencyHealth("my-service", "my-team",
        redis_check("redis-cache",
            client=redis_client,
            critical=False,
        ),
        registry=CollectorRegistry(),
    )  # fmt: skip

    await dh.start()
    await first_results(dh)
    assert dh.health() == {"redis-cache": True}
    await dh.stop()
    await redis_client.aclose()


async def test_ldap_example(openldap_server: OpenLDAPServer) -> None:
    """A connection to a directory is watched without any address."""
    ldap_server = Server(f"ldap://{openldap_server.host}:{openldap_server.port}")
    ldap_conn = Connection(ldap_server, auto_bind=True)

    dh = DependencyHealth("my-service", "my-team",
        ldap_check("ldap-server",
            client=ldap_conn,
            check_method="ROOT_DSE",
            critical=False,
        ),
        registry=CollectorRegistry(),
    )  # fmt: skip

    await dh.start()
    await first_results(dh)
    assert dh.health() == {"ldap-server": True}
    assert list(dh.health_details()) == [f"ldap-server:127.0.0.1:{openldap_server.port}"]
    await dh.stop()
    ldap_conn.unbind()


@pytest.fixture
def others() -> Iterator[tuple[HTTPServer, KafkaServer]]:
    """The servers of the example with both modes that no other test here needs."""
    with HTTPServer() as http_server, KafkaServer() as kafka_server:
        yield http_server, kafka_server


async def test_mixed_modes_example(
    database_url: str, redis_url: str, others: tuple[HTTPServer, KafkaServer]
) -> None:
    """Pools stand beside addresses, and each broker of a URL is an endpoint."""
    http_server, kafka_server = others
    brokers = ",".join(f"localhost:{port}" for port in kafka_server.ports[:2])

    pg_pool = await asyncpg.create_pool(database_url)
    redis_client = Redis.from_url(redis_url)

    dh = DependencyHealth("my-service", "my-team",
        # Pool mode -- tests actual pool health
        postgres_check("postgres", pool=pg_pool, critical=True),
        redis_check("redis", client=redis_client, critical=False),

        # Standalone mode -- tests network reachability
        http_check("payment-api",
            url=f"http://localhost:{http_server.port}",
            critical=True,
        ),
        kafka_check("kafka",
            url=f"kafka://{brokers}",
            critical=True,
        ),
        registry=CollectorRegistry(),
    )  # fmt: skip

    await dh.start()
    await first_results(dh)
    assert dh.health() == dict.fromkeys(["postgres", "redis", "payment-api", "kafka"], True)
    assert [key for key in dh.health_details() if key.startswith("kafka:")] == [
        f"kafka:localhost:{port}" for port in kafka_server.ports[:2]
    ]
    await dh.stop()
    await redis_client.aclose()
    await pg_pool.close()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The lifespan of the guide's FastAPI example."""
    # Create pools
    pg_pool = await asyncpg.create_pool(os.environ["DATABASE_URL"])
    redis_client = Redis.from_url(os.environ["REDIS_URL"])

    # Create and start dephealth
    dh = DependencyHealth("my-service", "my-team",
        postgres_check("postgres", pool=pg_pool, critical=True),
        redis_check("redis", client=redis_client, critical=False),
    )  # fmt: skip
    await dh.start()
    app.state.dephealth = dh
    app.state.pg_pool = pg_pool
    app.state.redis = redis_client

    yield

    # Cleanup
    await dh.stop()
    redis_client.close()  # as the guide has it, without awaiting it
    await pg_pool.close()


@pytest.mark.filterwarnings("ignore:coroutine 'Redis.*close' was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning")
async def test_fastapi_example(
    database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guide's FastAPI service under uvicorn tells health and metrics over HTTP."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)

    app = FastAPI(lifespan=lifespan)
    app.add_middleware(DepHealthMiddleware)
    app.include_router(dependencies_router)

    async with served(app) as url, httpx.AsyncClient(base_url=url) as client:
        await first_results(app.state.dephealth)
        health = await client.get("/health/dependencies")
        metrics = await client.get("/metrics")
    await app.state.redis.aclose()

    assert health.status_code == 200
    assert health.json() == {"status": "healthy", "dependencies": {"postgres": True, "redis": True}}
    ours = [
        sample
        for family in text_string_to_metric_families(metrics.text)
        for sample in family.samples
        if sample.name.startswith("app_dependency_")
        and sample.labels["name"] == "my-service"
        and sample.labels["dependency"] in {"postgres", "redis"}
    ]
    assert len(ours) == 2 * SERIES_PER_ENDPOINT
    assert {sample.labels["dependency"] for sample in ours} == {"postgres", "redis"}
    healthy = [sample.value for sample in ours if sample.name == "app_dependency_health"]
    assert healthy == [1.0, 1.0]


async def test_one_host_of_a_url_down(postgres_server: PostgresServer, database_url: str) -> None:
    """A URL with two hosts makes one endpoint that works and one that is refused."""
    here = f"{postgres_server.host}:{postgres_server.port}"
    dh = DependencyHealth(
        "my-service",
        "my-team",
        postgres_check("db", url=database_url.replace(here, f"{here},127.0.0.1:2"), critical=True),
        exporters=[],
    )

    await dh.start()
    await first_results(dh)
    details = dh.health_details()
    await dh.stop()

    assert details[f"db:{here}"].detail == "ok"
    assert details["db:127.0.0.1:2"].detail == "connection_refused"
    assert dh.health() == {"db": True}
