"""What this package tells dephealth; imports no more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dephealth import CheckerSpec, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from dephealth import Dependency

    from ._checker import PostgresChecker


def _checker() -> type[PostgresChecker]:
    from ._checker import PostgresChecker

    return PostgresChecker


def _check() -> Callable[..., Dependency]:
    from ._check import postgres_check

    return postgres_check


SPEC = CheckerSpec(
    type="postgres",
    schemes={"postgres": 5432, "postgresql": 5432},
    socket_port=5432,  # part of the socket's name
    checker=_checker,
    check=_check,
)


@hookimpl
def dephealth_checkers() -> list[CheckerSpec]:
    """PostgreSQL."""
    return [SPEC]
