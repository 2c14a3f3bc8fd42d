"""Ask a plugin what it offers, and refuse what makes no sense (docs/hooks.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pluggy import PluginManager, PluginValidationError

from . import hookspecs
from ._checker import Checker
from .errors import PluginError
from .hookspecs import CheckerSpec, ExporterSpec

if TYPE_CHECKING:
    from ._dependency import Dependency

S = TypeVar("S", CheckerSpec, ExporterSpec)

_HOOKS: Mapping[type, str] = {
    CheckerSpec: "dephealth_checkers",
    ExporterSpec: "dephealth_exporters",
}


class Offers:
    """The plugins that were asked, and the hooks that they may implement."""

    def __init__(self) -> None:
        self._pm = PluginManager("dephealth")
        self._pm.add_hookspecs(hookspecs)

    def of(self, plugin: object, owner: str, kind: type[S]) -> list[S]:
        """What *plugin* gives of one *kind*.

        Raises:
            PluginError: It has no hook for that, a hook is misspelt, or gives nonsense.
        """
        self._register(plugin, owner)
        hook = getattr(self._pm.hook, _HOOKS[kind])
        offers = [impl.function for impl in hook.get_hookimpls() if impl.plugin is plugin]
        if not offers:
            raise PluginError(f"plugin {owner} does not implement {hook.name}()")
        return [spec for offer in offers for spec in _asked(offer, owner, kind)]

    def _register(self, plugin: object, owner: str) -> None:
        if self._pm.is_registered(plugin):
            return
        try:
            unique = f"{owner} {id(plugin)}" if self._pm.has_plugin(owner) else owner
            self._pm.register(plugin, name=unique)
            self._pm.check_pending()
        except PluginValidationError as exc:
            if self._pm.is_registered(plugin):
                self._pm.unregister(plugin)
            reason = " ".join(str(exc).split())
            raise PluginError(
                f"plugin {owner} has a hook that dephealth does not know: {reason}"
            ) from exc


class MissingDriverError(PluginError, ImportError):
    """A plugin is installed, and what its checker imports is not."""


def checker_class(spec: CheckerSpec) -> type[Checker]:
    """The class that *spec* tells of.

    Raises:
        MissingDriverError: Something that it imports is not installed.
        PluginError: It does not import, or is no checker.
    """
    found = _loaded(spec, spec.checker, "checker")
    if not (isinstance(found, type) and issubclass(found, Checker)):
        raise PluginError(f"{_named(spec)}: its checker is {found!r:.80}, not a class of Checker")
    return found


def own_check(spec: CheckerSpec) -> Callable[..., Dependency] | None:
    """The ``X_check`` that *spec* tells of, None if it has none.

    Raises:
        MissingDriverError: Something that it imports is not installed.
        PluginError: It does not import, or is no function.
    """
    if spec.check is None:
        return None
    found = _loaded(spec, spec.check, "check")
    if not callable(found):
        raise PluginError(f"{_named(spec)}: its check is {found!r:.80}, not a function")
    return found


def _loaded(spec: CheckerSpec, load: Callable[[], object], what: str) -> object:
    try:
        return load()
    except Exception as exc:
        kind = MissingDriverError if isinstance(exc, ImportError) else PluginError
        raise kind(f"{_named(spec)}: its {what} does not import: {exc!r}") from exc


def _named(spec: CheckerSpec) -> str:
    """The plugin that *spec* is of, by its distribution if that can be told."""
    from importlib.metadata import packages_distributions

    module = getattr(spec.checker, "__module__", "") or ""
    owners = packages_distributions().get(module.partition(".")[0], [module])
    return f"plugin {', '.join(owners)}, type {spec.type!r}"


def _asked(offer: Callable[[], Any], owner: str, kind: type[S]) -> list[S]:
    try:
        found = offer()
        specs = list(found) if isinstance(found, Iterable) else None
    except Exception as exc:
        raise PluginError(f"plugin {owner}: its hook failed: {exc!r}") from exc
    if specs is None:
        raise PluginError(f"plugin {owner}: its hook gives {found!r:.80}, not a list")
    for spec in specs:
        if not isinstance(spec, kind):
            raise PluginError(f"plugin {owner}: its hook gives {spec!r:.80}, not a {kind.__name__}")
    return specs
