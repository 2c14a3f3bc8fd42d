"""Find the installed plugins and what they offer (docs/hooks.md)."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Iterable, Mapping

from . import __version__
from ._distributions import EntryPoint, entry_points
from ._labels import shown
from ._offers import Offers
from ._requirement import unmet_requirement
from .errors import ConfigurationError, PluginError
from .hookspecs import CheckerSpec, ExporterSpec

CHECKER_GROUP = "dephealth"
EXPORTER_GROUP = "dephealth.exporters"
OUR_TYPES = frozenset(
    {"http", "grpc", "tcp", "postgres", "mysql", "redis", "amqp", "kafka", "ldap"}
)
"""The types whose plugins are of this project, so that installing them can be advised."""

_Claim = tuple[str, str]
"""What belongs to one plugin only: ``("type", …)`` or ``("scheme", …)``."""


class UnknownTypeError(ConfigurationError):
    """No installed plugin checks this type of dependency."""


class CheckerRegistry:
    """The dependency types known in a process, each loaded when first asked for.

    Args:
        points: The entry points to look at; those installed if not given.
        disabled: Names of entry points to leave out; those that
            ``DEPHEALTH_DISABLE_PLUGINS`` lists if not given.
    """

    def __init__(
        self, points: Iterable[EntryPoint] | None = None, disabled: Iterable[str] | None = None
    ) -> None:
        if disabled is None:
            disabled = os.environ.get("DEPHEALTH_DISABLE_PLUGINS", "").split(",")
        self._disabled = frozenset(name.strip() for name in disabled)
        found = entry_points(CHECKER_GROUP, EXPORTER_GROUP) if points is None else points
        self._points = [point for point in found if point.name not in self._disabled]
        self._offers = Offers()
        self._lock = threading.RLock()
        self._owners: dict[int, str] = {}
        self._claims: dict[_Claim, tuple[CheckerSpec, str]] = {}
        self._disputes: dict[_Claim, PluginError] = {}
        # By id, since entry points of two distributions can be equal.
        self._failures: dict[int, PluginError] = {}
        self._exporters: list[ExporterSpec] | None = None

    def register(self, plugin: object, name: str) -> None:
        """Add one plugin: a module or an object with ``dephealth_`` hooks.

        Raises:
            PluginError: A hook is misspelt or gives nonsense, or a type or
                scheme is taken.
        """
        with self._lock:
            if self._owners.get(id(plugin)) == name:
                return  # it is known: by this entry point, or another one to the same module
            specs = self._offers.of(plugin, name, CheckerSpec)
            self._owners.setdefault(id(plugin), name)
            for spec in specs:
                self._claim(spec, name)

    def types(self) -> list[str]:
        """The types that can be asked for by the names of the entry points; imports nothing."""
        named = {point.name for point in self._points if point.group == CHECKER_GROUP}
        return sorted(named | {name for kind, name in tuple(self._claims) if kind == "type"})

    def get(self, type: str) -> CheckerSpec:
        """The spec of *type*.

        Raises:
            UnknownTypeError: No plugin has it; says what is installed.
            PluginError: The plugin that has it is broken, or two have it.
        """
        named = [point for point in self._points if point.name == type]
        self._load(named)
        for point in named:
            if id(point) in self._failures:
                raise self._failures[id(point)].with_traceback(None)
        if ("type", type) not in self._claims:
            self._load(self._points)
        return self._claimed(("type", type), f"type {shown(type)}")

    def by_scheme(self, scheme: str) -> CheckerSpec:
        """The spec of the type that has the URL *scheme*.

        The plugins that are named after the scheme, or after how it begins (as
        ``http`` of ``https``), are loaded first; all others only if none of these has it.

        Raises:
            UnknownTypeError: No plugin has it; says what is installed.
            PluginError: Two of those that are loaded have it, or the one named so is broken.
        """
        claim = "scheme", scheme
        self._load(point for point in self._points if scheme.startswith(point.name))
        if claim not in self._claims:
            self._load(self._points)
        for point in self._points:
            if claim not in self._claims and point.name == scheme and id(point) in self._failures:
                raise self._failures[id(point)].with_traceback(None)
        return self._claimed(claim, f"URL scheme {shown(scheme)}")

    def specs(self) -> list[tuple[CheckerSpec, str]]:
        """Every type that can be checked, and which distribution brings it. Loads every plugin."""
        self._load(self._points)
        found = [each for (kind, _), each in self._claims.items() if kind == "type"]
        return sorted(found, key=lambda each: each[0].type)

    def advice(self, type: str) -> str:
        """What would bring *type*, ``""`` if that is not known."""
        if type in self._disabled:
            return f"{type!r} is listed in DEPHEALTH_DISABLE_PLUGINS"
        return f"pip install dephealth-{type}" if type in OUR_TYPES else ""

    def failures(self) -> Mapping[str, Exception]:
        """What went wrong with the plugins that did not load, by distribution."""
        return {
            _distribution(point): self._failures[id(point)]
            for point in self._points
            if id(point) in self._failures
        }

    def exporters(self) -> list[ExporterSpec]:
        """The installed exporters.

        Raises:
            PluginError: One is broken.
        """
        points = [point for point in self._points if point.group == EXPORTER_GROUP]
        plugins = [(_import(point), _distribution(point)) for point in points]
        with self._lock:
            if self._exporters is None:
                self._exporters = [
                    spec
                    for plugin, name in plugins
                    for spec in self._offers.of(plugin, name, ExporterSpec)
                ]
        return list(self._exporters)

    def _load(self, points: Iterable[EntryPoint]) -> None:
        for point in points:
            if point.group != CHECKER_GROUP or id(point) in self._failures:
                continue
            try:
                self.register(_import(point), _distribution(point))
            except PluginError as exc:
                self._failures[id(point)] = exc

    def _claim(self, spec: CheckerSpec, owner: str) -> None:
        claims = [("type", spec.type), *(("scheme", scheme) for scheme in spec.schemes)]
        taken = [claim for claim in claims if claim in self._claims]
        if taken:
            kind, name = taken[0]
            owners = f"both {self._claims[kind, name][1]} and {owner}"
            error = PluginError(f"{kind} {name!r} is claimed by {owners}")
            self._disputes.update(dict.fromkeys(taken, error))
            raise error
        self._claims.update(dict.fromkeys(claims, (spec, owner)))

    def _claimed(self, claim: _Claim, what: str) -> CheckerSpec:
        if claim in self._disputes:
            raise self._disputes[claim].with_traceback(None)
        if claim in self._claims:
            return self._claims[claim][0]
        known = f"installed: {', '.join(self.types()) or 'none'}"
        if self._failures:
            known += f"; broken: {', '.join(self.failures())}"
        advice = self.advice(claim[1])
        raise UnknownTypeError(
            f"no plugin checks {what} ({known})" + (f": {advice}" if advice else "")
        )


def _import(point: EntryPoint) -> object:
    unmet = unmet_requirement(point.dist, __version__) if point.dist is not None else None
    if unmet is not None:
        raise PluginError(
            f"plugin {_distribution(point)} needs {unmet}, and {__version__} is installed"
        )
    try:
        plugin: object = point.load()
    except Exception as exc:
        raise PluginError(f"plugin {_distribution(point)} does not import: {exc!r}") from exc
    return plugin


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value


@functools.cache
def installed() -> CheckerRegistry:
    """The registry of what is installed, made when first asked for."""
    return CheckerRegistry()
