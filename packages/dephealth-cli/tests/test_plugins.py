"""`dephealth plugins` as a process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_command import dephealth
from cli_files import Plugin

from dephealth import __version__


def test_table() -> None:
    """Each installed type has a line with distribution, version, schemes and options."""
    done = dephealth("plugins")
    assert (done.code, done.err) == (0, "")
    lines = {line.split()[0]: line for line in done.out.splitlines()}
    assert lines["postgres"].split()[1:5] == [
        "dephealth-postgres", __version__, "postgres,", "postgresql",
    ]  # fmt: skip
    assert "health_path" in lines["http"]
    assert "pool" not in lines["postgres"]


def test_json(plugin: Plugin) -> None:
    """With --json a third party's type is told like one of ours."""
    path = plugin("acme", "pass")
    done = dephealth("plugins", "--json", PYTHONPATH=path)
    types = {each["type"]: each for each in json.loads(done.out)["types"]}
    assert types["acme"] == {
        "type": "acme",
        "distribution": "acme-acme",
        "version": "1.2",
        "schemes": ["acme"],
        "options": ["pin"],
    }
    assert "tcp" in types


def test_broken_plugin(plugin: Plugin) -> None:
    """A plugin that does not load is told with the reason, beside all that do; exit code 1."""
    path = plugin("sick", "return (")
    done = dephealth("plugins", PYTHONPATH=path)
    assert done.code == 1
    broken = done.out.splitlines()[-1]
    assert broken.startswith("broken: acme-sick 1.2: plugin acme-sick does not import: SyntaxError")
    assert "\ntcp " in done.out


def test_two_plugins_of_one_type(plugin: Plugin) -> None:
    """Two plugins that claim one type are told with both names."""
    path = plugin("tcp", "pass")
    broken = json.loads(dephealth("plugins", "--json", PYTHONPATH=path).out)["broken"]
    (reason,) = [each["reason"] for each in broken]
    assert "is claimed by both" in reason
    assert "acme-tcp" in reason
    assert "dephealth-tcp" in reason


def test_disabled_plugin() -> None:
    """A plugin that is turned off is not listed."""
    done = dephealth("plugins", DEPHEALTH_DISABLE_PLUGINS="tcp")
    assert "\ntcp " not in done.out


BROKEN = {
    "import acme_driver": "its checker does not import: ModuleNotFoundError(",
    "raise ValueError": "its checker does not import: ValueError()",
    "return dict": "its checker is <class 'dict'>, not a class of Checker",
}


@pytest.fixture(params=BROKEN.items(), ids=list(BROKEN))
def broken(plugin: Plugin, request: pytest.FixtureRequest) -> tuple[str, str]:
    """The path of a plugin whose checker cannot be had, and what is to be said of it."""
    code, reason = request.param
    path = plugin("late", "pass")
    module = Path(path) / "acme_late.py"
    text = module.read_text().replace("checker=lambda: AcmeChecker", "checker=lambda: import_it()")
    module.write_text(f"{text}\ndef import_it():\n    {code}\n")
    return path, reason


def test_checker_that_cannot_be_had(broken: tuple[str, str]) -> None:
    """A plugin whose checker does not import is broken too."""
    path, reason = broken
    done = dephealth("plugins", PYTHONPATH=path)
    assert done.code == 1
    assert f"broken: acme-late 1.2: plugin acme_late, type 'late': {reason}" in done.out


def test_check_of_a_broken_type(broken: tuple[str, str]) -> None:
    """A URL whose plugin is broken is a usage error that names the type."""
    path, reason = broken
    done = dephealth("check", "late://h:1", PYTHONPATH=path)
    assert (done.code, done.out) == (2, "")
    assert f"type 'late': {reason}" in done.err


def test_schema_beside_a_broken_type(broken: tuple[str, str]) -> None:
    """The schema has all types but the broken one."""
    path, _ = broken
    done = dephealth("schema", PYTHONPATH=path)
    definitions = json.loads(done.out)["definitions"]
    assert "tcp" in definitions
    assert "late" not in definitions
