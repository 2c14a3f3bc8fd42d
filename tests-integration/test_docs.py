"""The code in the documentation is run as it stands there, against real servers."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import CodeType, ModuleType
from unittest.mock import patch
from urllib.parse import quote

import aiomysql
import asyncpg
import ldap3
import pytest
from redis.asyncio import Redis

from dephealth.api import DependencyHealth
from private_servers import (
    MariaDBServer,
    OpenLDAPServer,
    PostgresServer,
    PrivateServer,
    RedisServer,
)
from waiting import served

ROOT = Path(__file__).parent.parent
WITH_CODE = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("packages/*/README.md")]
    # tests-wheels runs what stands in the page about plugins, which is a package of its own.
    if "```python" in path.read_text() and path.name != "writing-a-plugin.md"
)
ALONE = [path for path in WITH_CODE if "dephealth_otel.setup(" in path.read_text()]
"""Pages whose code sets something for the whole process."""
PAGES = [path for path in WITH_CODE if path not in ALONE]
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#([^)]+))?\)")


@pytest.fixture
def real_addresses(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """What stands in the documentation, and what stands for it in this test run."""
    postgres: PostgresServer = request.getfixturevalue("postgres_server")
    redis: RedisServer = request.getfixturevalue("redis_server")
    mariadb: MariaDBServer = request.getfixturevalue("mariadb_server")
    openldap: OpenLDAPServer = request.getfixturevalue("openldap_server")
    database = f"{postgres.user}:{_quoted(postgres.password)}@{_at(postgres)}/{postgres.database}"
    login = f'user="{mariadb.user}",\n    password="{mariadb.password}"'
    return {
        "user:pass@pg.svc:5432/mydb": database,
        "app:secret@pg.svc:5432/orders": database,
        "redis://redis.svc:6379": f"redis://:{_quoted(redis.password or '')}@{_at(redis)}",
        'host="mysql.svc",\n    port=3306': f'host="{mariadb.host}",\n    port={mariadb.port}',
        'user="user",\n    password="pass"': login,
        'db="mydb"': f'db="{mariadb.database}"',
        "ldap://ldap.svc:389": f"ldap://{_at(openldap)}",
    }


def _quoted(password: str) -> str:
    return quote(password, safe="")


def _at(server: PrivateServer) -> str:
    return f"{server.host}:{server.port}"


@pytest.fixture
def environment(real_addresses: Mapping[str, str]) -> Iterator[None]:
    """The variables that the code reads; what it sets is undone."""
    with patch.dict(os.environ):
        url = real_addresses["user:pass@pg.svc:5432/mydb"]
        os.environ["DATABASE_URL"] = f"postgresql://{url}"
        os.environ["REDIS_URL"] = real_addresses["redis://redis.svc:6379"]
        yield


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
async def test_code_runs(page: Path, real_addresses: Mapping[str, str]) -> None:
    """Every block of a page runs, each in the names of those before it."""
    names = dict(vars(ModuleType("page")))
    for block in _blocks(page):
        for written, real in real_addresses.items():
            block = block.replace(written, real)  # noqa: PLW2901
        await _run(compile(block, page.name, "exec", _AWAIT, dont_inherit=True), names)
    for value in names.values():
        match value:
            case DependencyHealth():
                await value.stop()
            case asyncpg.Pool():
                await value.close()
            case aiomysql.Pool():
                value.close()
                await value.wait_closed()
            case Redis():
                await value.aclose()
            case ldap3.Connection():
                value.unbind()
    if "app" in names:
        async with served(names["app"]) as address:
            assert address


@pytest.mark.parametrize("page", ALONE, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_runs_alone(page: Path) -> None:
    """The blocks of a page that sets up its process are a program that runs."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(_blocks(page))],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def _blocks(page: Path) -> list[str]:
    return _BLOCK.findall(page.read_text())


async def _run(code: CodeType, names: dict[str, object]) -> None:
    result = eval(code, names)
    if inspect.iscoroutine(result):
        await result


@pytest.mark.parametrize(
    "page",
    sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("packages/*/README.md")]),
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page names a file that is there, and a heading in it."""
    for target, heading in _LINK.findall(page.read_text()):
        path = (page.parent / target).resolve()
        assert path.exists(), f"{page.name}: {target}"
        if heading:
            anchors = {
                re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
                for line in path.read_text().splitlines()
                if line.startswith("#")
            }
            assert heading in anchors, f"{page.name}: {target}#{heading}"
