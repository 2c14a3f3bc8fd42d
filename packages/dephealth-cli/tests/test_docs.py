"""What the documentation says of the command is what it does."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import import_module
from pathlib import Path

import jsonschema
import pytest
from cli_command import dephealth
from cli_files import Write

from dephealth import CheckerRegistry, CheckPolicy, options_of
from dephealth_cli._config import ServeSettings, load
from dephealth_cli._main import COMMANDS
from dephealth_cli._schema import schema_of

ROOT = Path(__file__).parents[3]
COMMAND_PAGE = (ROOT / "docs" / "cli.md").read_text()
FILE_PAGE = (ROOT / "docs" / "configuration-file.md").read_text()
README = (ROOT / "packages" / "dephealth-cli" / "README.md").read_text()
FILES = [
    block
    for page in (FILE_PAGE, README, COMMAND_PAGE)
    for block in re.findall(r"^```toml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
]


def options_in(section: str) -> set[str]:
    """The options that the table of a section of the page lists."""
    text = COMMAND_PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `(-[^ `]+)", text, re.MULTILINE))


@pytest.mark.parametrize("content", FILES)
def test_file(write: Write, tmp_path: Path, content: str) -> None:
    """Every file that is shown can be used, and is valid for editors."""
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    file = write(re.sub(r'"/run/secrets/[^"]*"', f'"{secret}"', content))
    found = load(file, environ={"CACHE_PASSWORD": "secret"})
    schema = schema_of([spec for spec, _ in CheckerRegistry().specs()])
    jsonschema.validate(tomllib.loads(content), schema)
    assert found.identity.name == "orders-api"


def test_commands_are_documented() -> None:
    """The page lists the commands that there are, in their order."""
    assert re.findall(r"^\| `dephealth (\w+)`", COMMAND_PAGE, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize("name", ["check", "serve", "demo"])
def test_options_are_documented(name: str) -> None:
    """The page lists the options of a command."""
    command = import_module(f"dephealth_cli._{name}").command
    there = {param.opts[0] for param in command.params if param.param_type_name == "option"}
    assert options_in(name.title()) == there


def test_keys_are_documented() -> None:
    """The page lists the keys of `[defaults]` and `[serve]`."""
    serve = FILE_PAGE.partition("\n## `[serve]`\n")[2].partition("\n## ")[0]
    keys = set(re.findall(r"`(\w+)`(?=[^|]*\|[^|]*\|[^|]*\|)", serve))
    assert keys >= set(options_of(ServeSettings))
    (defaults,) = re.findall(r"^\| `\[defaults\]` \|(.*)$", FILE_PAGE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", defaults)) == set(CheckPolicy.ranges)


def test_json_has_the_keys_that_are_shown() -> None:
    """The JSON that is shown has the keys of that which is printed."""
    (shown,) = re.findall(r"^```json\n(.*?)^```$", COMMAND_PAGE, re.DOTALL | re.MULTILINE)
    printed = json.loads(dephealth("check", "--json", "tcp://127.0.0.1:1").out)
    expected = json.loads(shown)
    assert list(printed) == list(expected)
    assert list(printed["endpoints"][0]) == list(expected["endpoints"][0])


def test_mistakes_are_as_shown(write: Write) -> None:
    """The mistakes that are shown are what is told of such a file."""
    file = write(
        FILES[0]
        .replace('password = "${', 'passwrd = "${')
        .replace("${PAYMENT_URL:-http://payment.svc:8080}", "${PAYMENT_URL}")
        .replace('password_file = "/run/secrets/orders-db"\n', "\n")
    )
    told = dephealth("validate", file, CACHE_PASSWORD="x").out.replace(file, "dephealth.toml")
    assert f"```\n{told}```" in FILE_PAGE
