"""Ask a plugin what it offers, and refuse what makes no sense (docs/hooks.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pluggy import PluginManager, PluginValidationError

from . import hookspecs
from .errors import PluginError
from .hookspecs import CheckerSpec, ExporterSpec

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


def _asked(offer: Callable[[], Any], owner: str, kind: type[S]) -> list[S]:
    try:
        specs = list(offer())
    except Exception as exc:
        raise PluginError(f"plugin {owner}: its hook failed: {exc!r}") from exc
    for spec in specs:
        if not isinstance(spec, kind):
            raise PluginError(f"plugin {owner}: its hook gives {spec!r:.80}, not a {kind.__name__}")
    return specs
