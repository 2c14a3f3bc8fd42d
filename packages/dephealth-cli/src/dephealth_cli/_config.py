"""The configuration file (docs/configuration-file.md)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dephealth import (
    COMMON_OPTIONS,
    CheckerRegistry,
    CheckPolicy,
    ConfigurationError,
    Dependency,
    Option,
    option,
    options_of,
    resolve_policy,
)

from ._config_dependency import read_dependency
from ._config_document import Document
from ._config_options import WRONG, good, read_options, reject_unknown
from ._server_tls import server_context

PARAMETERS: Mapping[str, Option] = {name: COMMON_OPTIONS[name] for name in CheckPolicy.ranges}
"""What ``[defaults]`` has."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who exports: the keys beside the tables."""

    name: str | None = option(default=None, help="the service; DEPHEALTH_NAME if not given")
    group: str | None = option(
        default=None, help="its team or subsystem; DEPHEALTH_GROUP if not given"
    )


@dataclass(frozen=True, kw_only=True)
class ServeSettings:
    """``[serve]``: where `dephealth serve` answers, and to whom."""

    host: str = option(default="127.0.0.1", help="address to listen on; 0.0.0.0 or :: for all")
    port: int = option(default=9464, kind=int, help="port to listen on; 0 for a free one")
    tls_cert_file: str | None = option(default=None, help="PEM file of the certificate: serve TLS")
    tls_key_file: str | None = option(
        default=None, help="PEM file of its key, if it is not in tls_cert_file"
    )
    username: str | None = option(default=None, help="user for basic authentication")
    password: str | None = option(
        default=None, secret=True, help="password for basic authentication"
    )


TABLES = ("defaults", "dependencies", "serve")


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What a file says."""

    identity: Identity
    serve: ServeSettings
    dependencies: Sequence[Dependency] = field(default_factory=tuple)


def load(
    file: str,
    registry: CheckerRegistry | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    named: bool = True,
) -> Configuration:
    """What *file* says.

    Args:
        file: The path of a TOML file.
        registry: The types that there are; those installed if not given.
        environ: The variables that ``${NAME}`` stands for; `os.environ` if not given.
        named: Whether name and group must be given, as they are exported.

    Raises:
        BadFileError: It cannot be used; tells everything that is wrong with it.
    """
    registry = CheckerRegistry() if registry is None else registry
    environ = os.environ if environ is None else environ
    document = Document(file)
    identity_options = options_of(Identity)
    for key in document.content.keys() - {*identity_options, *TABLES}:
        document.unknown((key,), [*identity_options, *TABLES])
    who = read_options(document, (), document.content, identity_options, environ)
    if named:
        _check_identity(document, who)
    defaults = _defaults(document, environ)
    dependencies = [
        read_dependency(document, name, defaults, registry, environ)
        for name in document.table(("dependencies",))
    ]
    serve = _serve(document, environ)
    document.check()
    return Configuration(
        identity=Identity(**good(who)),
        serve=serve,
        dependencies=[dependency for dependency in dependencies if dependency is not None],
    )


def _check_identity(document: Document, who: Mapping[str, Any]) -> None:
    from dephealth.api import DependencyHealth

    for key, name, group in (("name", who.get("name"), "x"), ("group", "x", who.get("group"))):
        if who.get(key) is WRONG:
            continue
        try:
            DependencyHealth(name, group, exporters=[])
        except ConfigurationError as exc:
            document.wrong((key,), str(exc))


def _defaults(document: Document, environ: Mapping[str, str]) -> Mapping[str, float]:
    table = document.table(("defaults",))
    reject_unknown(document, ("defaults",), table, PARAMETERS)
    values = good(read_options(document, ("defaults",), table, PARAMETERS, environ))
    for name in list(values):
        try:
            resolve_policy({name: values[name]}, {})
        except ConfigurationError as exc:
            document.wrong(("defaults", name), str(exc))
            del values[name]
    try:
        resolve_policy(values, {})
    except ConfigurationError as exc:
        document.wrong(("defaults",), str(exc))
        return {}
    return values


def _serve(document: Document, environ: Mapping[str, str]) -> ServeSettings:
    path = ("serve",)
    table = document.table(path)
    options = options_of(ServeSettings)
    reject_unknown(document, path, table, options)
    values = good(read_options(document, path, table, options, environ))
    port = values.get("port", 0)
    if not 0 <= port <= 65535:  # noqa: PLR2004  # the largest port
        document.wrong((*path, "port"), f"{port} is no number from 0 to 65535")
    for one, other in (("username", "password"), ("password", "username")):
        if one in values and other not in values:
            document.wrong((*path, one), f"{other} is missing beside it")
    if "tls_key_file" in values and "tls_cert_file" not in values:
        document.wrong((*path, "tls_key_file"), "tls_cert_file is missing beside it")
    settings = ServeSettings(**values)
    try:
        server_context(settings)
    except ConfigurationError as exc:
        document.wrong((*path, "tls_cert_file"), str(exc))
    return settings
