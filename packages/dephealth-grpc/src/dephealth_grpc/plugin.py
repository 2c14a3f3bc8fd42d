"""What this package tells dephealth; imports no more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dephealth import CheckerSpec, Status, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from dephealth import Dependency

    from ._checker import GRPCChecker


def _checker() -> type[GRPCChecker]:
    from ._checker import GRPCChecker

    return GRPCChecker


def _check() -> Callable[..., Dependency]:
    from ._check import grpc_check

    return grpc_check


SPEC = CheckerSpec(
    type="grpc",
    schemes={"grpc": 443, "grpcs": 443},
    tls_schemes=frozenset({"grpcs"}),
    details={"grpc_not_serving": Status.UNHEALTHY, "grpc_unknown": Status.UNHEALTHY},
    checker=_checker,
    check=_check,
)


@hookimpl
def dephealth_checkers() -> list[CheckerSpec]:
    """GRPC."""
    return [SPEC]
