"""The package that a plugin author begins with."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from dephealth import ConfigurationError, __version__
from dephealth_testing.new import main, new_plugin

SERIES = ".".join(__version__.split(".")[:2])


def test_tests_of_a_new_plugin_pass(tmp_path: Path) -> None:
    """The tests of a plugin that was just made pass, contracts included."""
    folder = new_plugin("my-db", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"\b3\d passed", done.stdout), done.stdout


def test_new_plugin_is_complete(tmp_path: Path) -> None:
    """A new plugin has all the files of a package, and nothing of the template left in them."""
    folder = new_plugin("memcached", tmp_path, port=11211)
    assert folder == tmp_path / "dephealth-memcached"
    paths = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert paths == {
        ".github/workflows/ci.yml",
        ".gitignore",
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "src/dephealth_memcached/__init__.py",
        "src/dephealth_memcached/_checker.py",
        "src/dephealth_memcached/plugin.py",
        "src/dephealth_memcached/py.typed",
        "tests/conftest.py",
        "tests/test_checker.py",
        "tests/test_contract.py",
    }
    for path in paths - {".github/workflows/ci.yml"}:
        assert "$" not in (folder / path).read_text()
    assert "${{ matrix.python }}" in (folder / ".github/workflows/ci.yml").read_text()
    assert (
        'schemes={"memcached": 11211}' in (folder / "src/dephealth_memcached/plugin.py").read_text()
    )


def test_new_plugin_asks_for_this_series(tmp_path: Path) -> None:
    """A new plugin asks for the series of the core that it was made with."""
    project = tomllib.loads((new_plugin("x", tmp_path) / "pyproject.toml").read_text())["project"]
    (core,), (testing,) = project["dependencies"], project["optional-dependencies"]["test"]
    assert core.startswith(f"dephealth-core>={SERIES},<")
    assert testing.removeprefix("dephealth-testing") == core.removeprefix("dephealth-core")
    assert project["entry-points"] == {"dephealth": {"x": "dephealth_x.plugin"}}


@pytest.mark.parametrize(
    ("name", "port", "message"),
    [
        ("My Type", None, "type 'My Type' does not match"),
        ("../x", None, "does not match"),
        ("", None, "does not match"),
        ("x", 99999, "port"),
    ],
)
def test_name_that_cannot_be_one(tmp_path: Path, name: str, port: int | None, message: str) -> None:
    """A name that is no type or scheme, or an impossible port, makes no folder."""
    with pytest.raises(ConfigurationError, match=message):
        new_plugin(name, tmp_path / "new", port)
    assert not (tmp_path / "new").exists()


def test_folder_that_is_there(tmp_path: Path) -> None:
    """A folder that is there already is not written to."""
    (tmp_path / "dephealth-x").mkdir()
    with pytest.raises(FileExistsError):
        new_plugin("x", tmp_path)
    assert not list((tmp_path / "dephealth-x").iterdir())


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command makes the folder, and says what can be done next."""
    assert main(["memcached", "--into", str(tmp_path), "--port", "11211"]) == 0
    assert (tmp_path / "dephealth-memcached" / "README.md").exists()
    assert "pip install -e" in capsys.readouterr().out


def test_command_that_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command says what is wrong in one line, and fails."""
    assert main(["My Type", "--into", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("type 'My Type' does not match")


def test_command_for_a_folder_that_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says that the folder is there, as `dephealth new` does."""
    folder = tmp_path / "dephealth-x"
    folder.mkdir()
    assert main(["x", "--into", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{folder} is there already\n"


def test_command_that_cannot_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command says where it cannot make the folder, and why not."""
    file = tmp_path / "file"
    file.touch()
    assert main(["x", "--into", str(file)]) == 1
    assert capsys.readouterr().err == f"{file / 'dephealth-x'}: Not a directory\n"
