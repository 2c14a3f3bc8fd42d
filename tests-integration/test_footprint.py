"""What importing costs, and what it brings along."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint, entry_points

import pytest

from benchmarks.starting import import_seconds

PLUGINS = sorted(entry_points(group="dephealth"), key=lambda point: point.name)
DRIVERS = {
    "amqp": {"aiormq", "pamqp", "yarl"},
    "grpc": {"grpc", "grpc_health", "google.protobuf"},
    "kafka": {"confluent_kafka"},
    "ldap": {"ldap3"},
    "mysql": {"aiomysql", "pymysql"},
    "http": {"h11"},
    "postgres": {"asyncpg"},
    "redis": {"redis"},
    "tcp": set[str](),
}


def test_import_is_light() -> None:
    """Importing the API takes less than once again what any asyncio program imports."""
    bare, ours = import_seconds()
    assert ours - bare < bare


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda point: point.name)
def test_plugin_module_imports_no_driver(plugin: EntryPoint) -> None:
    """What an entry point names can be imported without the driver."""
    code = f"import sys, {plugin.module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert plugin.module in loaded
    assert not DRIVERS[plugin.name] & loaded
