"""The template of a new plugin, made, built, installed and tested as its author would."""

from __future__ import annotations

from pathlib import Path

from environment import Environment, build

CHECK = """
import asyncio
from dephealth import check_once
from dephealth.api import my_db_check
it = my_db_check("it", url="my-db://127.0.0.1", critical=True)
print(it.endpoints[0], asyncio.run(check_once(it.checker, it.endpoints[0])).outcome.detail)
"""


def test_new_plugin_is_a_package(tmp_path: Path) -> None:
    """A plugin that was just made passes its tests, and works once built and installed."""
    author = Environment(tmp_path / "author")
    author.install("dephealth-testing")
    author.run("-m", "dephealth_testing.new", "my-db", "--port", "1", cwd=tmp_path)
    folder = tmp_path / "dephealth-my-db"
    author.install(f"{folder}[test]")
    author.run("-m", "pytest", "-q", cwd=folder)

    user = Environment(tmp_path / "user")
    user.install(str(build(folder, tmp_path / "dist")))
    assert user.installed() == {"dephealth-core", "dephealth-my-db", "pluggy"}
    assert user.run("-c", CHECK).split() == ["127.0.0.1:1", "connection_refused"]
