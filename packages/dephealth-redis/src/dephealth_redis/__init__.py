"""Check that Redis answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dephealth import lazy_exports

if TYPE_CHECKING:
    from ._check import redis_check
    from ._checker import RedisChecker

__all__ = ["RedisChecker", "redis_check"]


def __getattr__(name: str) -> Any:
    return lazy_exports(__name__, name, {"RedisChecker": "._checker", "redis_check": "._check"})
