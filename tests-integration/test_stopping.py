"""Stopping while every check hangs in a server that says nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from dephealth.api import (
    Dependency,
    DependencyHealth,
    amqp_check,
    grpc_check,
    http_check,
    kafka_check,
    ldap_check,
    mysql_check,
    postgres_check,
    redis_check,
)
from dephealth_testing import FaultProxy, Silent, assert_nothing_left

TIMEOUT = 2.0
CHECKS: dict[str, Callable[..., Dependency]] = {
    "amqp": amqp_check,
    "grpc": grpc_check,
    "http": http_check,
    "kafka": kafka_check,
    "ldap": ldap_check,
    "mysql": mysql_check,
    "postgres": postgres_check,
    "redis": redis_check,
}


async def test_stop_is_quick_and_leaves_nothing() -> None:
    """With every check hanging, stop returns within the timeout and half a second."""
    async with FaultProxy(fault=Silent()) as server, assert_nothing_left():
        dh = DependencyHealth(
            "my-service",
            "my-team",
            *(
                check(name, url=f"{name}://{server.host}:{server.port}", critical=False)
                for name, check in CHECKS.items()
            ),
            check_interval=60,
            timeout=TIMEOUT,
            exporters=[],
        )
        await dh.start()
        async with asyncio.timeout(10):
            while server.connections < len(CHECKS):
                await asyncio.sleep(0.01)
        begun = time.perf_counter()
        await dh.stop()
        taken = time.perf_counter() - begun

    assert taken <= TIMEOUT + 0.5
