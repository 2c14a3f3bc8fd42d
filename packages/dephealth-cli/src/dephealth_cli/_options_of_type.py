"""The options of a type's checker, whatever is wrong with the plugin that brings it."""

from __future__ import annotations

from collections.abc import Mapping

from dephealth import Checker, CheckerSpec, Option, PluginError, options_of


def options_of_type(spec: CheckerSpec) -> Mapping[str, Option]:
    """The options of the checker of *spec*.

    Raises:
        PluginError: It does not import, or is no checker.
    """
    try:
        checker: object = spec.checker()
    except Exception as exc:
        raise PluginError(f"type {spec.type!r} does not import: {exc!r}") from exc
    if not (isinstance(checker, type) and issubclass(checker, Checker)):
        raise PluginError(
            f"the checker of type {spec.type!r} is {checker!r:.80}, not a class of Checker"
        )
    return options_of(checker)
