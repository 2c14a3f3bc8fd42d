"""The names ``X_check`` and ``XChecker``, made from what the plugins tell."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection
from typing import Any

from ._declaration import CheckOptions, declare
from ._dependency import Dependency
from ._offers import checker_class, own_check
from ._options import options_of
from ._plugins import OUR_TYPES, CheckerRegistry, UnknownTypeError, installed
from .hookspecs import CheckerSpec

_CHECK = "_check"
_CHECKER = "Checker"


def lookup_name(name: str, registry: CheckerRegistry | None = None) -> Any:
    """What ``dephealth.api.NAME`` is.

    Raises:
        ImportError: It belongs to a plugin of this project that is not installed.
        AttributeError: Nothing has that name.
        PluginError: The plugin that has it is broken.
    """
    registry = installed() if registry is None else registry
    missing = AttributeError(f"module 'dephealth.api' has no attribute {name!r}")
    type = _type_of(name, registry.types())
    if type is None:
        raise missing
    try:
        spec = registry.get(type)
    except UnknownTypeError as exc:
        if type not in OUR_TYPES:
            raise missing from exc
        raise ImportError(
            f"{name} needs the plugin dephealth-{type}: {registry.advice(type)}"
        ) from exc
    if name.endswith(_CHECK):
        return check_function(spec)
    checker = checker_class(spec)
    if checker.__name__ != name:
        raise missing
    return checker


def _type_of(name: str, known: Collection[str]) -> str | None:
    """The type that *name* asks for, None if none can be.

    A function's name has no hyphens, a class's no underscores either, that a type may have.
    """
    known = [*known, *OUR_TYPES]
    if name.endswith(_CHECK):
        asked = name.removesuffix(_CHECK)
        return next((type for type in known if type.replace("-", "_") == asked), asked or None)
    if name.endswith(_CHECKER):
        asked = name.removesuffix(_CHECKER).lower()
        plain = (type for type in known if re.sub("[_-]", "", type) == asked)
        return next(plain, asked or None)
    return None


def offered_names() -> list[str]:
    """The ``X_check`` names of the installed plugins; imports none of them."""
    return [f"{type.replace('-', '_')}{_CHECK}" for type in installed().types()]


def check_function(spec: CheckerSpec) -> Callable[..., Dependency]:
    """The ``X_check`` of a type: the plugin's own, or one made from its options."""
    own = own_check(spec)
    if own is not None:
        return own

    def check(name: str, **options: Any) -> Dependency:
        return declare(spec, name, options)

    keywords = {**CheckOptions.__annotations__}
    parameters = [inspect.Parameter("name", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    parameters += [
        inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=None)
        for key in [*keywords, *options_of(checker_class(spec))]
    ]
    check.__name__ = check.__qualname__ = f"{spec.type.replace('-', '_')}{_CHECK}"
    check.__doc__ = f"Declare a dependency of type {spec.type!r} (docs/configuration.md)."
    check.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return check
