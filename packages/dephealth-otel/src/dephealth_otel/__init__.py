"""Export what the checks find to OpenTelemetry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dephealth import lazy_exports

if TYPE_CHECKING:
    from ._exporter import OtelExporter
    from ._setup import setup

__all__ = ["OtelExporter", "setup"]


def __getattr__(name: str) -> Any:
    return lazy_exports(__name__, name, {"OtelExporter": "._exporter", "setup": "._setup"})
