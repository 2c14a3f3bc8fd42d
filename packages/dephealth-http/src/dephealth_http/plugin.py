"""What this package tells dephealth; imports no more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dephealth import CheckerSpec, Status, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from dephealth import Dependency

    from ._checker import HTTPChecker


def _checker() -> type[HTTPChecker]:
    from ._checker import HTTPChecker

    return HTTPChecker


def _check() -> Callable[..., Dependency]:
    from ._check import http_check

    return http_check


SPEC = CheckerSpec(
    type="http",
    schemes={"http": 80, "https": 443},
    tls_schemes=frozenset({"https"}),
    details={"http_[1-5][0-9][0-9]": Status.UNHEALTHY},
    checker=_checker,
    check=_check,
)


@hookimpl
def dephealth_checkers() -> list[CheckerSpec]:
    """HTTP."""
    return [SPEC]
