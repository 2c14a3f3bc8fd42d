"""What this package tells dephealth; imports no more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dephealth import ExporterSpec, hookimpl

if TYPE_CHECKING:
    from ._exporter import OtelExporter


def _exporter() -> OtelExporter:
    from ._exporter import OtelExporter

    return OtelExporter()


SPEC = ExporterSpec(name="otel", exporter=_exporter)


@hookimpl
def dephealth_exporters() -> list[ExporterSpec]:
    """OpenTelemetry."""
    return [SPEC]
