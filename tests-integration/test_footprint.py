"""What importing costs, and what it brings along."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

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


def _seconds(code: str, bytecode: Path) -> float:
    """CPU time of an interpreter that runs *code*: other programs do not lengthen it.

    Its modules are compiled already, as installed ones are.
    """
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(bytecode)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_import_is_light(tmp_path: Path) -> None:
    """Importing the API takes at most 60 ms more than what any asyncio program imports."""
    pairs = [(_seconds(BARE, tmp_path), _seconds(OURS, tmp_path)) for _ in range(ROUNDS)]
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
