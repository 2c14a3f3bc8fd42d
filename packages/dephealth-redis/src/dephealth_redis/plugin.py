"""What this package tells dephealth; imports no more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dephealth import CheckerSpec, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from dephealth import Dependency

    from ._checker import RedisChecker


def _checker() -> type[RedisChecker]:
    from ._checker import RedisChecker

    return RedisChecker


def _check() -> Callable[..., Dependency]:
    from ._check import redis_check

    return redis_check


SPEC = CheckerSpec(
    type="redis",
    schemes={"redis": 6379, "rediss": 6379},
    tls_schemes=frozenset({"rediss"}),
    checker=_checker,
    check=_check,
)


@hookimpl
def dephealth_checkers() -> list[CheckerSpec]:
    """Redis."""
    return [SPEC]
