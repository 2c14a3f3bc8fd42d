"""The keys of a table of the configuration file, by the descriptions of options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dephealth import ConfigurationError, Option

from ._config_document import Document
from ._config_lines import Path
from ._values import FILE, can_be_file, content_of, expanded, from_text, typed

WRONG: Final = object()
"""Stands for a value that is there, but not good."""


def read_options(
    document: Document,
    path: Path,
    table: Mapping[str, Any],
    options: Mapping[str, Option],
    environ: Mapping[str, str],
) -> dict[str, Any]:
    """The values of those of *options* that *table* gives, by name.

    `WRONG` stands for one that is none of its option, which is noted.
    """
    values: dict[str, Any] = {}
    for name, option in options.items():
        if name in table:
            values[name] = _value(document, (*path, name), option, table[name], environ)
        if can_be_file(option) and name + FILE in table:
            at = (*path, name + FILE)
            if name in table:
                document.wrong(at, f"{name} is given too")
            values[name] = _content(document, at, table[name + FILE], environ)
    return {name: value for name, value in values.items() if value is not None}


def good(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of *values* that are not wrong."""
    return {name: value for name, value in values.items() if value is not WRONG}


def _value(
    document: Document, path: Path, option: Option, value: object, environ: Mapping[str, str]
) -> Any:
    """What *value* is for *option*; None if it comes to nothing."""
    try:
        found, replaced = expanded(value, environ)
        if replaced and isinstance(found, str):
            return from_text(option, found) if found else None
        return typed(option, found)
    except ConfigurationError as exc:
        document.wrong(path, str(exc))
        return WRONG


def _content(document: Document, path: Path, file: object, environ: Mapping[str, str]) -> Any:
    """The content of a secret's file."""
    try:
        return content_of(expanded(file, environ)[0])
    except ConfigurationError as exc:
        document.wrong(path, str(exc))
        return WRONG


def reject_unknown(
    document: Document, path: Path, table: Mapping[str, Any], options: Mapping[str, Option]
) -> None:
    """Note the keys of *table* that are none of *options*."""
    known = list(options)
    known += [name + FILE for name, option in options.items() if can_be_file(option)]
    for key in table.keys() - set(known):
        document.unknown((*path, key), [name for name in known if _writable(options, name)])


def _writable(options: Mapping[str, Option], name: str) -> bool:
    return name not in options or options[name].kind is not object
