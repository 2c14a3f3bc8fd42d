"""Check that MySQL or MariaDB answers a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dephealth import lazy_exports

if TYPE_CHECKING:
    from ._check import mysql_check
    from ._checker import MySQLChecker

__all__ = ["MySQLChecker", "mysql_check"]


def __getattr__(name: str) -> Any:
    return lazy_exports(__name__, name, {"MySQLChecker": "._checker", "mysql_check": "._check"})
