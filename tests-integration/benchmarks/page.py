"""docs/benchmarks.md, written from a run."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from .row import Row

_DRIVERS = (
    "aiohttp",
    "aiomysql",
    "aiormq",
    "asyncpg",
    "confluent-kafka",
    "grpcio",
    "h11",
    "ldap3",
    "opentelemetry-sdk",
    "prometheus-client",
    "redis",
)
_COLUMNS = "| what | measured | at most | |\n| --- | --- | --- | --- |\n"
_HEAD = """\
# Benchmarks

Written by `./dev bench --write`: everything on this page is from one run of it. A number without a
unit is a multiple: the CPU time of ours over that of the bare work, measured in batches that take
turns. It is the median of the pairs, and the range beside it holds the true median with a
probability of 95 %. Times depend on the machine, multiples hardly.

"""
_FOOT = """
A check is measured as the scheduler makes it, with its deadline and the classification of its
result; the bare work stands under `asyncio.timeout`. Servers are on the same machine, where `dial`
finds a connection established at once; across a network it waits, as the bare work does here.
Sources: `tests-integration/benchmarks`.
"""


def written(rows: Sequence[Row]) -> str:
    """The page of *rows*."""
    parts = [_HEAD, _machine(), "\n"]
    for section, members in groupby(rows, key=lambda row: row.section):
        parts.append(f"\n## {section}\n\n{_COLUMNS}")
        parts += [_table_line(row) for row in members]
    return "".join([*parts, _FOOT])


def _table_line(row: Row) -> str:
    missed = "" if row.kept else f"**missed by {_number(row.measured - row.most, row.unit)}**; "
    measured, most = _number(row.measured, row.unit), _number(row.most, row.unit)
    return f"| {row.what} | {measured} | {most} | {missed}{row.beside} |\n"


def _number(value: float, unit: str) -> str:
    if math.isinf(value):
        return ""
    text = f"{value:.0f}" if float(value).is_integer() or value >= 100 else f"{value:.2f}"
    return f"{text} {unit}".strip()


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")
    drivers = ", ".join(f"{name} {version(name)}" for name in _DRIVERS)
    return (
        f"Machine: {os.cpu_count()} cores ({model or platform.machine()}), Linux "
        f"{platform.release()}, CPython {platform.python_version()}. Versions: {drivers}.\n"
    )
