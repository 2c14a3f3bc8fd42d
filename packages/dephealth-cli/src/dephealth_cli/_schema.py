"""`dephealth schema`: the configuration file for editors, from the same descriptions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import click

from dephealth import (
    COMMON_OPTIONS,
    CheckerRegistry,
    CheckerSpec,
    CheckPolicy,
    Option,
    PluginError,
    checker_class,
    options_of,
)

from ._config import PARAMETERS, Identity, ServeSettings
from ._config_dependency import TYPE_OPTION
from ._output import emit
from ._values import DURATION, FILE, can_be_file, is_duration

Schema = dict[str, Any]

_DIALECT = "http://json-schema.org/draft-07/schema#"
_REFERENCE = r"\$\{"
_KINDS: Mapping[type, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    list: {"type": "array", "items": {"type": ["string", "integer"]}},
    dict: {"type": "object", "additionalProperties": {"type": "string"}},
}


@click.command()
def command() -> None:
    """Print the JSON Schema of the configuration file, for editors.

    It describes the types that are installed, of those the ones that load.
    """
    specs = [spec for spec, _ in CheckerRegistry().specs()]
    emit(json.dumps(schema_of(specs), indent=2))


def schema_of(specs: Iterable[CheckerSpec]) -> Schema:
    """The JSON Schema of a file that may use the types of *specs*."""
    kinds: dict[str, tuple[CheckerSpec, Mapping[str, Option]]] = {}
    for spec in sorted(specs, key=lambda spec: spec.type):
        with suppress(PluginError):
            kinds[spec.type] = spec, options_of(checker_class(spec))
    return {
        "$schema": _DIALECT,
        "title": "dephealth.toml",
        "description": "What a service depends on, and how it is checked",
        "type": "object",
        "properties": {
            **_properties(options_of(Identity)),
            "defaults": _table(PARAMETERS),
            "dependencies": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "allOf": [_case(spec) for spec, _ in kinds.values()],
                },
            },
            "serve": _table(options_of(ServeSettings)),
        },
        "additionalProperties": False,
        "definitions": {type: _dependency(options) for type, (_, options) in kinds.items()},
    }


def _case(spec: CheckerSpec) -> Schema:
    """What holds for a dependency whose `type`, or else whose URL, is of *spec*."""
    scheme = "|".join(spec.schemes)
    said: Schema = {"properties": {"type": {"const": spec.type}}, "required": ["type"]}
    seen: Schema = {
        "properties": {"type": False, "url": {"pattern": rf"^(jdbc:)?({scheme})(\+[^:]*)?://"}},
        "required": ["url"],
    }
    return {"if": {"anyOf": [said, seen]}, "then": {"$ref": f"#/definitions/{spec.type}"}}


def _dependency(options: Mapping[str, Option]) -> Schema:
    return _table({"type": TYPE_OPTION, **COMMON_OPTIONS, **options})


def _table(options: Mapping[str, Option]) -> Schema:
    return {"type": "object", "properties": _properties(options), "additionalProperties": False}


def _properties(options: Mapping[str, Option]) -> Schema:
    found: Schema = {}
    for name, option in options.items():
        if option.kind in _KINDS:
            found[name] = _described(option)
        if can_be_file(option):
            text = f"file that holds {name}"
            found[name + FILE] = {"description": text, "type": "string"}
    return found


def _described(option: Option) -> Schema:
    value = dict(_KINDS[option.kind])
    if option.name in CheckPolicy.ranges:
        value["minimum"], value["maximum"] = CheckPolicy.ranges[option.name]
    described: Schema = {"description": option.help}
    if option.kind in {str, dict}:
        described.update(value)
    else:
        texts = f"{_REFERENCE}|^{DURATION}$" if is_duration(option) else _REFERENCE
        described["anyOf"] = [value, {"type": "string", "pattern": texts}]
    if option.default is not None and not option.secret:
        described["default"] = option.default
    return described
