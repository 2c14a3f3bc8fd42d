"""What this package tells dephealth; imports no more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dephealth import CheckerSpec, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from dephealth import Dependency

    from ._checker import TCPChecker


def _checker() -> type[TCPChecker]:
    from ._checker import TCPChecker

    return TCPChecker


def _check() -> Callable[..., Dependency]:
    from ._check import tcp_check

    return tcp_check


SPEC = CheckerSpec(type="tcp", schemes={"tcp": None}, checker=_checker, check=_check)


@hookimpl
def dephealth_checkers() -> list[CheckerSpec]:
    """TCP."""
    return [SPEC]
