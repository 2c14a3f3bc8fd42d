"""Check that an HTTP server answers as it should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dephealth import lazy_exports

if TYPE_CHECKING:
    from ._check import http_check
    from ._checker import HTTPChecker

__all__ = ["HTTPChecker", "http_check"]


def __getattr__(name: str) -> Any:
    return lazy_exports(__name__, name, {"HTTPChecker": "._checker", "http_check": "._check"})
