"""The exporter, and which collector it reports to."""

from __future__ import annotations

import threading
from weakref import WeakKeyDictionary

from prometheus_client import REGISTRY, CollectorRegistry

from dephealth import ConfigurationError, EndpointState, Exporter, Target

from ._collector import DependencyCollector

_collectors: WeakKeyDictionary[CollectorRegistry, DependencyCollector] = WeakKeyDictionary()
_lock = threading.Lock()


class PrometheusExporter(Exporter):
    """Exports what the checks find to a Prometheus registry (docs/metrics.md).

    Args:
        registry: The default one if not given. All objects that export to one
            registry share its four metrics.

    Raises:
        ConfigurationError: *registry* is no registry, or something else has
            metrics of our names in it.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._collector = _collector_of(REGISTRY if registry is None else registry)

    def on_added(self, target: Target) -> None:
        """Expect results of *target*; one with equal labels that was stopped is superseded.

        Raises:
            ConfigurationError: One with equal labels is still being checked.
        """
        self._collector.add(target)

    def on_result(self, target: Target, state: EndpointState) -> None:
        """Export *state* from now on."""
        self._collector.record(target, state)

    def on_removed(self, target: Target) -> None:
        """Export *target* no longer."""
        self._collector.remove(target)


def _collector_of(registry: CollectorRegistry) -> DependencyCollector:
    if not isinstance(registry, CollectorRegistry):
        raise ConfigurationError(
            f"registry must be a prometheus_client.CollectorRegistry, not {type(registry).__name__}"
        )
    with _lock:
        known = _collectors.get(registry)
        collector = known or DependencyCollector()
        try:
            # Also if it is known: test suites clear a registry between two tests.
            registry.register(collector)
        except ValueError as exc:
            if known is None:
                raise ConfigurationError(
                    "the registry has metrics with the names of dephealth's from something else: "
                    f"unregister that, or set registry= to another one ({exc})"
                ) from exc
        _collectors[registry] = collector
    return collector
