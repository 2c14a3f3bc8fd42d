"""The hooks that dephealth calls, and what their implementations return (docs/hooks.md)."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pluggy import HookimplMarker, HookspecMarker

from ._checker import Checker
from ._endpoint import checked_port
from ._labels import checked_type
from ._outcome import CORE_DETAILS, Status
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._address import Schemes
    from ._dependency import Dependency
    from ._observer import Exporter

_SCHEME = re.compile(r"[a-z][a-z0-9.-]*", re.ASCII)

hookspec = HookspecMarker("dephealth")
hookimpl = HookimplMarker("dephealth")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckerSpec:
    """What a plugin tells of one dependency type, without importing its driver.

    Args:
        type: Value of the ``type`` label.
        schemes: URL schemes with their default ports (None: none), the usual one first.
        checker: Imports the checker's class and gives it.
        tls_schemes: Those of the schemes that switch TLS on.
        socket_port: Port of a unix socket that is given without one; 0 where it has none.
        details: Details that the core does not know, with the status that
            each belongs to; a key is a regular expression, matched whole.
        check: Imports ``X_check`` and gives it, where the plugin has one with
            a typed signature; without, the core makes it from the checker's options.

    Raises:
        ConfigurationError: The type or a scheme cannot be one, or a detail is
            given a status that it cannot have.
    """

    type: str
    schemes: Schemes
    checker: Callable[[], builtins.type[Checker]]
    tls_schemes: frozenset[str] = frozenset()
    socket_port: int = 0
    details: Mapping[str, Status] = field(default_factory=dict)
    check: Callable[[], Callable[..., Dependency]] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", checked_type(self.type))
        for scheme, port in self.schemes.items():
            if not _SCHEME.fullmatch(scheme):
                raise ConfigurationError(f"scheme {scheme!r} does not match {_SCHEME.pattern}")
            if port is not None:
                checked_port(port)
        checked_port(self.socket_port, lowest=0)
        if not self.tls_schemes <= self.schemes.keys():
            raise ConfigurationError("tls_schemes has one that schemes has not")
        for detail, status in self.details.items():
            owners = {CORE_DETAILS[known] for known in CORE_DETAILS if re.fullmatch(detail, known)}
            if status not in set(Status) or not owners <= {status}:
                raise ConfigurationError(f"detail {detail!r} cannot have the status {status!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExporterSpec:
    """What a plugin tells of one exporter.

    Args:
        name: Its name in messages.
        exporter: Imports and makes it; takes the keywords of *options* that the user gave.
        options: Keywords of `DependencyHealth` that are meant for it.
    """

    name: str
    exporter: Callable[..., Exporter]
    options: frozenset[str] = frozenset()


@hookspec
def dephealth_checkers() -> Iterable[CheckerSpec]:  # type: ignore[empty-body]
    """Describe the dependency types that this plugin can check.

    Called once, when one of its types is first asked for. Must not import a
    driver. A type or URL scheme that two plugins claim is an error that names
    both distributions.
    """


@hookspec
def dephealth_exporters() -> Iterable[ExporterSpec]:  # type: ignore[empty-body]
    """Describe the exporters that this plugin brings.

    Called once in a process, when the first `DependencyHealth` is made that is
    not told which exporters to use.
    """


__all__ = ["CheckerSpec", "ExporterSpec", "dephealth_checkers", "dephealth_exporters", "hookimpl"]
