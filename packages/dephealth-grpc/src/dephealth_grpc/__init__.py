"""Check that a gRPC server says it is serving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dephealth import lazy_exports

if TYPE_CHECKING:
    from ._check import grpc_check
    from ._checker import GRPCChecker

__all__ = ["GRPCChecker", "grpc_check"]


def __getattr__(name: str) -> Any:
    return lazy_exports(__name__, name, {"GRPCChecker": "._checker", "grpc_check": "._check"})
