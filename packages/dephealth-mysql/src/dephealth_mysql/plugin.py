"""What this package tells dephealth; imports no more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dephealth import CheckerSpec, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from dephealth import Dependency

    from ._checker import MySQLChecker


def _checker() -> type[MySQLChecker]:
    from ._checker import MySQLChecker

    return MySQLChecker


def _check() -> Callable[..., Dependency]:
    from ._check import mysql_check

    return mysql_check


SPEC = CheckerSpec(type="mysql", schemes={"mysql": 3306}, checker=_checker, check=_check)


@hookimpl
def dephealth_checkers() -> list[CheckerSpec]:
    """MySQL and MariaDB."""
    return [SPEC]
