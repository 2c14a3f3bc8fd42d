"""What importing costs, and what it brings along."""

from __future__ import annotations

import subprocess
import sys
import time
from importlib.metadata import EntryPoint, entry_points

import pytest

BARE = "import asyncio, logging, dataclasses"
OURS = "from dephealth.api import DependencyHealth, tcp_check"
ROUNDS = 20
ALLOWED_MORE = 0.060

PLUGINS = sorted(entry_points(group="dephealth"), key=lambda point: point.name)
DRIVERS = {
    "amqp": {"aiormq", "pamqp", "yarl"},
    "grpc": {"hpack", "hyperframe"},
    "kafka": {"confluent_kafka"},
    "ldap": {"ldap3"},
    "mysql": {"aiomysql", "pymysql"},
    "http": {"h11"},
    "postgres": {"asyncpg"},
    "redis": {"redis"},
    "tcp": set[str](),
}


def _seconds(code: str) -> float:
    before = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - before


def test_import_is_light() -> None:
    """Importing the API takes at most 60 ms more than what any asyncio program imports."""
    pairs = [(_seconds(BARE), _seconds(OURS)) for _ in range(ROUNDS)]
    # The least of each: what else runs on the machine only ever adds.
    bare, ours = (min(times) for times in zip(*pairs, strict=True))
    assert ours - bare <= ALLOWED_MORE


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda point: point.name)
def test_plugin_module_imports_no_driver(plugin: EntryPoint) -> None:
    """What an entry point names can be imported without the driver."""
    code = f"import sys, {plugin.module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert plugin.module in loaded
    assert not DRIVERS[plugin.name] & loaded
