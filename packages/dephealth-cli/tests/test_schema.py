"""The JSON Schema of the configuration file."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from cli_command import dephealth
from cli_files import GOOD

from dephealth import CheckerRegistry
from dephealth_cli._schema import schema_of


@pytest.fixture
def schema() -> dict[str, Any]:
    """The schema that is shipped."""
    text = files("dephealth_cli").joinpath("dephealth.schema.json").read_text()
    found: dict[str, Any] = json.loads(text)
    jsonschema.Draft7Validator.check_schema(found)
    return found


def complaints(schema: dict[str, Any], content: str) -> list[str]:
    errors = jsonschema.Draft7Validator(schema).iter_errors(tomllib.loads(content))
    return [error.message for error in errors]


def test_shipped_schema_is_that_of_our_types(schema: dict[str, Any]) -> None:
    """The shipped file is what our own plugins make: `dephealth schema` writes it anew."""
    specs = [spec for spec, owner in CheckerRegistry().specs() if owner.startswith("dephealth-")]
    assert schema == schema_of(specs)


def test_command_prints_it(schema: dict[str, Any]) -> None:
    """`dephealth schema` prints the schema of what is installed."""
    done = dephealth("schema")
    assert (done.code, json.loads(done.out)) == (0, schema)


def test_good_file_is_valid(schema: dict[str, Any]) -> None:
    """A file that the command accepts is valid."""
    assert complaints(schema, GOOD) == []


@pytest.mark.parametrize(
    "content",
    [
        "nmae = 'x'",
        "[defaults]\ninterval = '10x'",
        "[defaults]\ninterval = 1000",
        "[dependencies.db]\ntype = 'redis'\nqueri = 'x'",
        "[dependencies.db]\nurl = 'rediss://h'\nhealth_path = '/x'",
        "[dependencies.db]\nurl = 'postgresql+asyncpg://h'\ncritical = 'perhaps'",
        "[dependencies.db]\ntype = 'redis'\nclient = 5",
        "[dependencies.db]\ntype = 'http'\nheaders = {a = 1}",
        "[serve]\nport = '80'",
    ],
)
def test_bad_file_is_not(schema: dict[str, Any], content: str) -> None:
    """A mistake that an editor can see is told."""
    assert complaints(schema, content)


@pytest.mark.parametrize(
    "content",
    [
        "[dependencies.db]\ntype = 'acme'\nanything = 5",
        "[dependencies.db]\nurl = '${URL}'\ntimeout = '${T}'",
        "[dependencies.db]\nurl = 'jdbc:postgresql://h/db'\ntimeout = '1.5s'\ncritical = true",
        "[dependencies.db]\ntype = 'redis'\nurl_file = 'x'\npassword_file = '/run/secrets/x'",
        "[dependencies.db]\nurl = 'http://h'\ncritical = '${CRITICAL:-yes}'",
    ],
)
def test_what_an_editor_cannot_know(schema: dict[str, Any], content: str) -> None:
    """A type of somebody else's, and what variables stand for, are not complained of."""
    assert complaints(schema, content) == []
