"""Everything exported twice to one Prometheus registry: found, and told once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from opentelemetry.metrics import MeterProvider

_READERS = "opentelemetry.exporter.prometheus"
"""The module of OpenTelemetry's own way to a Prometheus registry."""

logger = logging.getLogger("dephealth")


class TwiceWarning:
    """Warns once if a reader of the provider is on a registry that has our metrics anyway.

    Args:
        provider: Gives the provider, as far as it is known.
    """

    def __init__(self, provider: Callable[[], MeterProvider | None]) -> None:
        self._provider = provider
        self._given = False

    def look(self, name: str) -> None:
        """Warn if the metric *name* is exported twice. Called at each collection."""
        if not self._given and any(
            _has(registry, name) for registry in _registries(self._provider())
        ):
            self._given = True
            logger.warning(
                "OpenTelemetry's PrometheusMetricReader is on a registry that dephealth-prometheus "
                "exports to, so %s and the others are there twice: turn one of the two off "
                "(DEPHEALTH_DISABLE_PLUGINS=otel or =prometheus)",
                name,
            )


def _registries(provider: MeterProvider | None) -> Iterable[Any]:
    """The Prometheus registries that *provider* is read to; none if it is not the SDK's."""
    readers: Iterable[object] | None = getattr(provider, "_metric_readers", None)
    if readers is None:
        readers = getattr(getattr(provider, "_sdk_config", None), "metric_readers", ())
    for reader in tuple(readers):
        if any(cls.__module__.startswith(_READERS) for cls in type(reader).__mro__):
            # Its own dependency, and ours only where it is.
            from prometheus_client import REGISTRY

            yield getattr(reader, "_registry", REGISTRY)


def _has(registry: Any, name: str) -> bool:
    """Whether a collector that says its names beforehand exports *name*; the reader's does not."""
    return any(registry.restricted_registry([name]).collect())
