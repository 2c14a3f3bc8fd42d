"""Check that a TCP port accepts connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dephealth import lazy_exports

if TYPE_CHECKING:
    from ._check import tcp_check
    from ._checker import TCPChecker

__all__ = ["TCPChecker", "tcp_check"]


def __getattr__(name: str) -> Any:
    return lazy_exports(__name__, name, {"TCPChecker": "._checker", "tcp_check": "._check"})
