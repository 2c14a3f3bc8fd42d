"""One ``[dependencies.NAME]`` of a configuration file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dephealth import (
    COMMON_OPTIONS,
    CheckerRegistry,
    CheckerSpec,
    ConfigurationError,
    Dependency,
    Option,
    PluginError,
    checker_class,
    declare,
    options_of,
    resolve_policy,
    scheme_of,
)

from ._config_document import Document
from ._config_lines import Path
from ._config_options import WRONG, good, read_options, reject_unknown

TYPE = "type"
TYPE_OPTION = Option(
    TYPE, None, "the type of the dependency, where url does not tell it", str, (), secret=False
)
_ADDRESS = frozenset({"url", "host", "port"})
_SOMEWHERE = "localhost"
_MISSING = re.compile(r"(an address|critical|port|host) is missing")
_PYTHON = {
    "critical=True or critical=False": "critical = true or critical = false",
    "an address is missing: url=, host= and port=, or a pool or client": "url, or host and port",
}
"""What a program would write, and what is written in a file."""


def read_dependency(
    document: Document,
    name: str,
    defaults: Mapping[str, float],
    registry: CheckerRegistry,
    environ: Mapping[str, str],
) -> Dependency | None:
    """The dependency *name*; None if something is wrong with it, which the document notes."""
    path = ("dependencies", name)
    table = document.table(path)
    before = document.problem_count
    common = read_options(document, path, table, {TYPE: TYPE_OPTION, **COMMON_OPTIONS}, environ)
    spec = _spec(document, path, common, registry)
    if spec is None:
        return None
    try:
        options = options_of(checker_class(spec))
    except PluginError as exc:
        document.wrong(path, str(exc))
        return None
    given = {**common, **read_options(document, path, table, options, environ)}
    given.pop(TYPE, None)
    reject_unknown(document, path, table, {TYPE: TYPE_OPTION, **COMMON_OPTIONS, **options})
    dependency = _declared(document, path, spec, given, environ)
    if dependency is None or document.problem_count > before:
        return None
    try:
        resolve_policy(dependency.policy, defaults)
    except ConfigurationError as exc:
        document.wrong((*path, _key_in(given, str(exc))), str(exc))
        return None
    return replace(dependency, policy={**defaults, **dependency.policy})


def _spec(
    document: Document, path: Path, common: Mapping[str, Any], registry: CheckerRegistry
) -> CheckerSpec | None:
    """Who checks it; None if that is not known, which is noted."""
    type, url = common.get(TYPE), common.get("url")
    if url is WRONG:
        # Its scheme may be good all the same: then the rest can be looked at.
        url = document.table(path).get("url")
    scheme = scheme_of(url) if isinstance(url, str) else None
    try:
        if isinstance(type, str):
            return registry.get(type)
        if type is None and scheme is not None:
            return registry.by_scheme(scheme)
    except ConfigurationError as exc:
        document.wrong((*path, "url" if type is None else TYPE), str(exc))
        return None
    if type is None and common.get("url") is not WRONG:
        document.wrong(path, "type is missing: type = …, or a url whose scheme tells it")
    return None


def _declared(
    document: Document,
    path: Path,
    spec: CheckerSpec,
    given: Mapping[str, Any],
    environ: Mapping[str, str],
) -> Dependency | None:
    """What `declare` makes of *given*; everything that it has to say against it is noted.

    It stops at the first mistake: that one is corrected, and it is asked again.
    """
    trial = good(given)
    for key in given.keys() - trial.keys():
        _correct(trial, key)
    while True:
        try:
            return declare(spec, path[1], trial, environ)
        except (ConfigurationError, TypeError) as exc:
            message = str(exc).removeprefix(f"dependency {path[1]!r}: ")
            key = _key_in(trial, message)
            document.wrong((*path, key) if key else path, _worded(message, key))
            if not _correct(trial, key or _missing(message)):
                return None


def _correct(trial: dict[str, Any], key: str) -> bool:
    """Make what *key* is about something good, to find the next mistake; whether that is new."""
    if key in _ADDRESS:
        corrected = trial.get("host") == _SOMEWHERE
        trial.pop("url", None)
        trial.update(host=_SOMEWHERE, port=1)
        return not corrected
    if key == "critical":
        corrected = key in trial
        trial[key] = True
        return not corrected
    return trial.pop(key, None) is not None


def _key_in(given: Mapping[str, Any], message: str) -> str:
    """The key of *given* that *message* speaks of first, ``""`` if of none."""
    words = ("labels" if word == "label" else word for word in re.findall(r"\w+", message))
    return next((word for word in words if word in given), "")


def _missing(message: str) -> str:
    """The key that *message* says is missing."""
    found = _MISSING.match(message)
    return "url" if found and found[1] == "an address" else found[1] if found else ""


def _worded(message: str, key: str) -> str:
    """*message* as fits a file."""
    message = message.removeprefix(f"{key}=: ")
    for written, meant in _PYTHON.items():
        message = message.replace(written, meant)
    return message
