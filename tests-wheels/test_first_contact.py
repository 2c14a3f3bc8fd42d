"""What a stranger does first: install the command and one type, and check a server."""

from __future__ import annotations

import math
import subprocess
import time
from urllib.parse import quote

import pytest

from environment import Environment
from private_servers import PostgresServer, require

ROUNDS = 20
USUAL = 0.065
"""Seconds that an interpreter takes to import asyncio on a machine with nothing else to do."""


def _seconds(command: list[str]) -> tuple[float, subprocess.CompletedProcess[str]]:
    before = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return time.perf_counter() - before, done


def test_database_from_an_empty_environment(environment: Environment) -> None:
    """The command from wheels checks a PostgreSQL server in a second, as the machine goes."""
    require("postgresql")
    environment.install("dephealth-cli", "dephealth-postgres")
    bare = [str(environment.folder / "bin" / "python"), "-c", "import asyncio"]
    with PostgresServer() as server:
        password = quote(server.password, safe="")
        url = f"postgresql://{server.user}:{password}@{server.host}:{server.port}/{server.database}"
        check = [str(environment.folder / "bin" / "dephealth"), "check", url]
        least, usual = math.inf, math.inf
        for _ in range(ROUNDS):
            usual = min(usual, _seconds(bare)[0])
            seconds, done = _seconds(check)
            least = min(least, seconds)
            assert " ok" in done.stdout
            assert password not in done.stdout + done.stderr
            # Other programs lengthen both, and by the same factor.
            if least < max(1.0, usual / USUAL):
                return
    pytest.fail(f"{least:.2f} s, where importing asyncio takes {usual:.3f} s")
