"""The command as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from coverage import Coverage

BOUND = 30.0
"""Seconds until a command that should have ended has failed."""

PLAIN = [sys.executable, "-m", "dephealth_cli"]
"""The command by itself."""

_SETTINGS = Path(__file__).parents[3] / "pyproject.toml"
_MEASURED = [
    sys.executable,
    "-m",
    "coverage",
    "run",
    f"--rcfile={_SETTINGS}",
    "-m",
    "dephealth_cli",
]

COMMAND = _MEASURED if Coverage.current() else PLAIN
"""The same, its coverage measured where that of the tests is."""


class Done(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of a command: none that changes what it does but *more*."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("DEPHEALTH_")}
    return {**ours, "COLUMNS": "200", **(more or {})}


def dephealth(*arguments: str, **variables: str) -> Done:
    """Run the command to its end, its output going into pipes."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        env=environment(variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def started(arguments: Sequence[str], **variables: str) -> subprocess.Popen[str]:
    """Start the command; the caller ends it."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        env=environment(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
