"""Export what the checks find to Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dephealth import lazy_exports

if TYPE_CHECKING:
    from ._exporter import PrometheusExporter
    from ._render import pieces, render

__all__ = ["PrometheusExporter", "pieces", "render"]


def __getattr__(name: str) -> Any:
    return lazy_exports(
        __name__,
        name,
        {"PrometheusExporter": "._exporter", "pieces": "._render", "render": "._render"},
    )
