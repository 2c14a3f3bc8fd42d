"""What starts: an import, a first check."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

from dephealth import OK, Dependency, check_once
from dephealth.api import postgres_check, redis_check
from private_servers import PostgresServer, RedisServer

from .row import Row

SECTION = "Starting"
BARE = "import asyncio, logging, dataclasses"
OURS = "from dephealth.api import DependencyHealth, tcp_check"
_TENTH = 10


async def importing(rounds: int = 20) -> list[Row]:
    """CPU time of an import, beyond that of what any asyncio program imports."""
    bare, ours = import_seconds(rounds)
    beside = f"{ours * 1e3:.0f} ms beside {bare * 1e3:.0f} ms"
    return [Row(SECTION, f"`{OURS}`", (ours - bare) * 1e3, 60, "ms", beside)]


def import_seconds(rounds: int = 20) -> tuple[float, float]:
    """CPU time of an interpreter that imports what any asyncio program does, and of one with us."""
    with tempfile.TemporaryDirectory() as bytecode:
        pairs = [(cpu_seconds(BARE, bytecode), cpu_seconds(OURS, bytecode)) for _ in range(rounds)]
    # The least of each: what else runs on the machine only ever adds.
    bare, ours = (min(times) for times in zip(*pairs, strict=True))
    return bare, ours


def cpu_seconds(code: str, bytecode: str) -> float:
    """CPU time of an interpreter that runs *code*, its modules compiled as installed ones are."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def first_check(rounds: int = 15) -> list[Row]:
    """The first check of a new checker beside its tenth."""
    with PostgresServer() as postgres, RedisServer() as redis:
        login = {"username": postgres.user, "database": postgres.database}
        at_redis = {"port": redis.port, "password": redis.password}
        at_postgres = {"port": postgres.port, "password": postgres.password, **login}
        return [
            await _first_and_tenth(postgres_check, "postgres", at_postgres, rounds),
            await _first_and_tenth(redis_check, "redis", at_redis, rounds),
        ]


async def _first_and_tenth(
    check: Callable[..., Dependency], name: str, options: dict[str, Any], rounds: int
) -> Row:
    ratios = []
    for _ in range(rounds):
        dependency = check(name, critical=True, host="127.0.0.1", **options)
        seconds = []
        for _ in range(_TENTH):
            before = time.perf_counter()
            result = await check_once(dependency.checker, dependency.endpoints[0])
            seconds.append(time.perf_counter() - before)
            assert result.outcome == OK, result
        ratios.append(seconds[0] / seconds[-1])
    return Row(SECTION, f"{name}: the first check beside the tenth", median(ratios), 1.25)


ALL: dict[str, Callable[[], Awaitable[list[Row]]]] = {
    "import": importing,
    "first-check": first_check,
}
