"""Dependencies that are given on the command line: URLs, and options for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from dephealth import (
    COMMON_OPTIONS,
    CheckerRegistry,
    CheckerSpec,
    ConfigurationError,
    Dependency,
    Option,
    checker_class,
    declare,
    options_of,
    scheme_of,
)

from ._values import FILE, can_be_file, content_of, from_text

_BY_URL = frozenset({"url", "host", "port", "critical"})
_PATH = "health_path"
"""The option that takes the path of a URL, of the types that have it."""


def declared(
    urls: Sequence[str], settings: Sequence[str], registry: CheckerRegistry
) -> list[Dependency]:
    """The dependencies at *urls*, each named after its type; all are critical.

    Args:
        urls: Their schemes tell the types.
        settings: ``KEY=VALUE``, each for those of the types that have the option.
        registry: The types that there are.

    Raises:
        ConfigurationError: They cannot be checked; quotes no URL and no value.
    """
    found = []
    known: dict[str, Option] = {}
    used = Counter[str]()
    pairs = [_pair(setting) for setting in settings]
    for number, url in enumerate(urls, 1):
        scheme = scheme_of(url)
        if scheme is None:
            raise ConfigurationError(
                f"URL {number} does not begin with SCHEME://, such as http:// "
                "(dephealth plugins lists them)"
            )
        spec = registry.by_scheme(scheme)
        used[spec.type] += 1
        name = spec.type if used[spec.type] == 1 else f"{spec.type}-{used[spec.type]}"
        options = _options(spec)
        known.update(options)
        given: dict[str, Any] = {"url": url}
        if _PATH in options:
            given = _with_path(url)
        for key, text in pairs:
            _apply(given, options, key, text)
        found.append(declare(spec, name, {**given, "critical": True}, {}))
    for key, _ in pairs:
        _reject_unknown(key, known)
    return found


def _options(spec: CheckerSpec) -> Mapping[str, Option]:
    every = {**COMMON_OPTIONS, **options_of(checker_class(spec))}
    return {
        name: option
        for name, option in every.items()
        if name not in _BY_URL and option.kind is not object
    }


def _with_path(url: str) -> dict[str, Any]:
    """The URL's path and query as the option that they are meant for."""
    try:
        parts = urlsplit(url)
    except ValueError:  # of a host in brackets: whoever reads the address says it better
        return {"url": url}
    bare = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
    path = urlunsplit(("", "", parts.path, parts.query, ""))
    if path.startswith("?"):
        path = f"/{path}"
    return {"url": bare, _PATH: path} if path else {"url": bare}


def _pair(setting: str) -> tuple[str, str]:
    key, equals, text = setting.partition("=")
    if not (key and equals):
        raise ConfigurationError("-o takes KEY=VALUE")
    return key, text


def _apply(given: dict[str, Any], options: Mapping[str, Option], key: str, text: str) -> None:
    """Set the option that *key* names, if there is one."""
    name, _, item = key.partition(".")
    option = options.get(name)
    try:
        if option is None:
            base = options.get(key.removesuffix(FILE))
            if key.endswith(FILE) and base is not None and can_be_file(base):
                given[base.name] = content_of(text)
        elif option.kind is dict:
            if not item:
                raise ConfigurationError(f"is a table: -o {name}.NAME=VALUE")
            given[name] = {**given.get(name, {}), item: text}
        elif not item:
            given[name] = from_text(option, text)
    except ConfigurationError as exc:
        raise ConfigurationError(f"-o {key}: {exc}") from exc


def _reject_unknown(key: str, known: Mapping[str, Option]) -> None:
    names = [*known, *(name + FILE for name, option in known.items() if can_be_file(option))]
    name, dot, _ = key.partition(".")
    if name in names and (not dot or known[name].kind is dict):
        return
    near = get_close_matches(name, names, 1)
    advice = f"; did you mean {near[0]!r}?" if near else f" (known: {', '.join(sorted(names))})"
    raise ConfigurationError(f"-o {key}: unknown option{advice}")
