"""What this package tells dephealth; imports no more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dephealth import ExporterSpec, hookimpl

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from ._exporter import PrometheusExporter


def _exporter(registry: CollectorRegistry | None = None) -> PrometheusExporter:
    from ._exporter import PrometheusExporter

    return PrometheusExporter(registry)


SPEC = ExporterSpec(name="prometheus", exporter=_exporter, options=frozenset({"registry"}))


@hookimpl
def dephealth_exporters() -> list[ExporterSpec]:
    """Prometheus."""
    return [SPEC]
