"""`dephealth plugins`."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version

import click

from dephealth import CheckerRegistry, CheckerSpec, PluginError, checker_class, options_of

from ._output import columns, emit, one_line

_HEADINGS = ("TYPE", "DISTRIBUTION", "VERSION", "SCHEMES", "OPTIONS")


@click.command(epilog="Exit code: 0 all of them work, 1 some do not.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(as_json: bool) -> int:
    """List what can be checked, and the plugins that do not load.

    `DEPHEALTH_DISABLE_PLUGINS` names those that are left out.
    """
    registry = CheckerRegistry()
    types, failures = [], []
    for spec, distribution in registry.specs():
        try:
            types.append(_described(spec, distribution))
        except PluginError as exc:
            failures.append((distribution, str(exc)))
    failures += [(name, str(error)) for name, error in registry.failures().items()]
    broken = [
        {"distribution": name, "version": _version(name), "reason": one_line(reason)}
        for name, reason in failures
    ]
    if as_json:
        emit(json.dumps({"types": types, "broken": broken}, indent=2))
    else:
        rows = [[each[heading.lower()] for heading in _HEADINGS] for each in types]
        cells = [
            [", ".join(cell) if isinstance(cell, list) else cell for cell in row] for row in rows
        ]
        emit(columns([_HEADINGS, *cells]))
        for each in broken:
            emit(f"broken: {each['distribution']} {each['version']}: {each['reason']}")
    return 1 if broken else 0


def _described(spec: CheckerSpec, distribution: str) -> dict[str, str | list[str]]:
    options = options_of(checker_class(spec))
    return {
        "type": spec.type,
        "distribution": distribution,
        "version": _version(distribution),
        "schemes": list(spec.schemes),
        "options": [name for name, option in options.items() if option.kind is not object],
    }


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "?"
