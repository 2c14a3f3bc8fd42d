"""What fifty installed plugins cost a program that uses one."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

MANY = 50
LEAST_PAIRS, MOST_PAIRS = 15, 60
"""How many pairs of runs are compared: the more, the more else the machine does."""
ALLOWED_MORE = 0.010

PLUGIN = """
sum(range(200_000))  # it costs what a small driver costs: 2 ms and more
from dephealth import Checker, CheckerSpec, hookimpl

@hookimpl
def dephealth_checkers():
    return [CheckerSpec(type="{name}", schemes={{"{name}": 1}}, checker=lambda: Checker)]
"""
IMPORT = ["-c", "from dephealth.api import tcp_check"]
LOADED = "; import json, sys; print(json.dumps([n for n in sys.modules if n.startswith('acme')]))"


@pytest.fixture
def url() -> Iterator[str]:
    """The URL of a port that accepts."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


def _install(folder: Path, number: int) -> dict[str, str]:
    """Install so many plugins in a folder; gives the environment in which they are found."""
    for index in range(number):
        name = f"acme{index}"
        info = folder / f"dephealth_{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: dephealth-{name}\nVersion: 1.0\n"
            "Requires-Dist: dephealth-core>=0.1\n"
        )
        (info / "entry_points.txt").write_text(f"[dephealth]\n{name} = {name}_plugin\n")
        (folder / f"{name}_plugin.py").write_text(PLUGIN.format(name=name))
    return {**os.environ, "PYTHONPATH": str(folder)}


def _run(command: list[str], environment: dict[str, str]) -> str:
    return subprocess.run(
        [sys.executable, *command], check=True, env=environment, capture_output=True, text=True
    ).stdout


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    """CPU time of an interpreter that runs *command*: other programs do not lengthen it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(command, environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("command", ["import", "command line"])
def test_fifty_plugins_cost_what_one_costs(command: str, tmp_path: Path, url: str) -> None:
    """Fifty plugins lengthen a program that uses one of them by at most 10 ms of CPU time."""
    arguments = IMPORT if command == "import" else ["-m", "dephealth_cli", "check", url]
    one, many = _install(tmp_path / "one", 1), _install(tmp_path / "many", MANY)
    # In turn: what else runs on the machine lengthens both of a pair, more or less.
    more: list[float] = []
    while len(more) < MOST_PAIRS:
        alone = _seconds(arguments, one)
        more.append(_seconds(arguments, many) - alone)
        if len(more) >= LEAST_PAIRS and median(more) <= ALLOWED_MORE:
            return
    pytest.fail(f"{median(more):.3f} s longer than with one")


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        ("from dephealth.api import tcp_check", []),
        ("import dephealth.api; assert 'acme7_check' in dir(dephealth.api)", []),
        ("from dephealth.api import acme7_check", ["acme7_plugin"]),
    ],
)
def test_nothing_is_imported_until_used(code: str, loaded: list[str], tmp_path: Path) -> None:
    """Of fifty plugins, the one that is asked for is imported."""
    assert json.loads(_run(["-c", code + LOADED], _install(tmp_path, MANY))) == loaded
