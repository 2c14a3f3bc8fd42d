"""The command against real servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from private_servers import PostgresServer, RedisServer

COMMAND = [sys.executable, "-m", "dephealth_cli"]


def url(server: PostgresServer, password: str) -> str:
    """The address of the server's database, with that password."""
    return (
        f"postgresql://{server.user}:{quote(password, safe='')}"
        f"@{server.host}:{server.port}/{server.database}"
    )


def dephealth(*arguments: str) -> tuple[int, dict[str, object], str]:
    """The exit code, the only endpoint, and all that was printed."""
    done = subprocess.run(
        [*COMMAND, "check", "--json", *arguments],
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    (endpoint,) = json.loads(done.stdout)["endpoints"]
    return done.returncode, endpoint, done.stdout + done.stderr


def test_healthy_database_in_a_second(postgres_server: PostgresServer) -> None:
    """A healthy PostgreSQL server is told in less than a second, the start of Python included."""
    command = [*COMMAND, "check", url(postgres_server, postgres_server.password)]
    times = []
    for _ in range(5):
        before = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - before)
    assert min(times) < 1.0


def test_wrong_password(postgres_server: PostgresServer) -> None:
    """A password that is refused is an auth_error, and shown nowhere."""
    code, endpoint, printed = dephealth(url(postgres_server, "hunter2-secret"))
    assert (code, endpoint["status"]) == (1, "auth_error")
    assert "hunter2-secret" not in printed


def test_option_and_secret_of_a_file(postgres_server: PostgresServer, tmp_path: Path) -> None:
    """The query is an option, and the password stands in a file."""
    secret = tmp_path / "password"
    secret.write_text(f"{postgres_server.password}\n")
    address = f"postgresql://{postgres_server.user}@{postgres_server.host}:{postgres_server.port}"
    code, endpoint, _ = dephealth(
        f"{address}/{postgres_server.database}",
        *("-o", f"password_file={secret}"),
        *("-o", "query=select 1/0"),
    )
    assert (code, endpoint["detail"]) == (1, "query_error")


@pytest.mark.parametrize("right", [True, False])
def test_redis(redis_server: RedisServer, right: bool) -> None:
    """A password of Redis is right or wrong."""
    password = quote(str(redis_server.password), safe="") if right else "wrong"
    code, endpoint, _ = dephealth(f"redis://:{password}@{redis_server.host}:{redis_server.port}/0")
    assert (code, endpoint["status"]) == ((0, "ok") if right else (1, "auth_error"))
