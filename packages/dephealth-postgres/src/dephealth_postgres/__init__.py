"""Check that PostgreSQL answers a query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dephealth import lazy_exports

if TYPE_CHECKING:
    from ._check import postgres_check
    from ._checker import PostgresChecker

__all__ = ["PostgresChecker", "postgres_check"]

_PLACES = {"PostgresChecker": "._checker", "postgres_check": "._check"}


def __getattr__(name: str) -> Any:
    return lazy_exports(__name__, name, _PLACES)
