"""What a stranger does first: install the command and one type, and check a server."""

from __future__ import annotations

import subprocess
import time
from urllib.parse import quote

from environment import Environment
from private_servers import PostgresServer, require

ROUNDS = 5


def test_database_from_an_empty_environment(environment: Environment) -> None:
    """The command from wheels tells a healthy PostgreSQL server in less than a second."""
    require("postgresql")
    environment.install("dephealth-cli", "dephealth-postgres")
    with PostgresServer() as server:
        password = quote(server.password, safe="")
        url = f"postgresql://{server.user}:{password}@{server.host}:{server.port}/{server.database}"
        times = []
        for _ in range(ROUNDS):
            before = time.perf_counter()
            done = subprocess.run(
                [environment.folder / "bin" / "dephealth", "check", url],
                capture_output=True,
                text=True,
                check=True,
            )
            times.append(time.perf_counter() - before)
            assert " ok" in done.stdout
            assert password not in done.stdout + done.stderr
    assert min(times) < 1.0
