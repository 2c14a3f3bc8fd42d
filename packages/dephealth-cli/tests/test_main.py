"""`dephealth` itself."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from cli_command import dephealth

from dephealth_cli._main import COMMANDS


def test_version_of_the_command() -> None:
    """The command tells its version."""
    done = dephealth("--version")
    assert done == (0, f"dephealth, version {version('dephealth-cli')}\n", "")


def test_help() -> None:
    """`--help` lists the commands with a sentence about each."""
    done = dephealth("--help")
    lines = done.out.partition("Commands:\n")[2].splitlines()
    assert done.code == 0
    assert [line.split()[0] for line in lines] == list(COMMANDS)
    assert all(line.endswith(".") and not line.endswith("...") for line in lines), lines


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command: str) -> None:
    """Each command tells how it is used, by --help or -h."""
    done = dephealth(command, "-h")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: dephealth {command} [OPTIONS]")


def test_unknown_command() -> None:
    """A command that there is not is a usage error."""
    done = dephealth("chekc")
    assert (done.code, done.out) == (2, "")
    assert "No such command 'chekc'" in done.err


def test_no_command() -> None:
    """Without a command there is the help, as a usage error."""
    done = dephealth()
    assert (done.code, done.out) == (2, "")
    assert "Commands:" in done.err
