"""``tcp_check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dephealth import CheckOptions, Dependency, declare

from .plugin import SPEC

if TYPE_CHECKING:
    from typing import Unpack


def tcp_check(name: str, **options: Unpack[CheckOptions]) -> Dependency:
    """Declare a dependency that is there if its TCP port accepts connections.

    Raises:
        ConfigurationError: It cannot be checked as declared (docs/configuration.md).
    """
    return declare(SPEC, name, options)
