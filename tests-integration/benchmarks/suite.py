"""All benchmarks by name, each run in a process of its own."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from . import checks, exporting, older, scheduling, scraping, sockets, starting
from .row import Row

BENCHMARKS: dict[str, Callable[[], Awaitable[list[Row]]]] = {
    **{subject.name: functools.partial(checks.measured, subject) for subject in checks.SUBJECTS},
    **scheduling.ALL,
    **sockets.ALL,
    **scraping.ALL,
    **exporting.ALL,
    **starting.ALL,
    **older.ALL,
}


def run(name: str, **options: float) -> list[Row]:
    """The rows of one benchmark; *options* are keywords of its function."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--one", name, json.dumps(options)],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return [Row(*fields) for fields in json.loads(done.stdout.splitlines()[-1])]
