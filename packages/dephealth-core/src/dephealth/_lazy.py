"""Names of a package that are imported when first asked for."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any


def lazy_exports(package: str, name: str, places: Mapping[str, str]) -> Any:
    """What *name* is in *package*, for its module-level ``__getattr__``.

    A plugin's package must not import its driver when only its ``plugin``
    module is asked for.

    Args:
        package: The package's ``__name__``.
        name: The name that was asked for.
        places: The submodule (``"._checker"``) of each exported name.

    Raises:
        AttributeError: The name is not exported.
    """
    if name not in places:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    found = getattr(import_module(places[name], package), name)
    setattr(sys.modules[package], name, found)
    return found
