"""Exporting to a backend that may be down: told once, and no reason to exit late."""

from __future__ import annotations

import logging
import threading
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)

_SPEAKS = "opentelemetry.exporter."
"""Where the loggers are that write a line, or several, for each export that fails."""

LAST_EXPORT = 3.0
"""Seconds that the last export may take, for which the end of the process waits."""

logger = logging.getLogger("dephealth")


class BriefReader(PeriodicExportingMetricReader):
    """Exports as often as told, and does not hold up the end of the process for long."""

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Export for the last time."""
        super().shutdown(min(timeout_millis, LAST_EXPORT * 1000), **kwargs)


class QuietExporter(MetricExporter):
    """Exports through another one; a failure is one warning until it works again.

    Args:
        exporter: Exports in fact.
        endpoint: The URL of the backend.
    """

    def __init__(self, exporter: MetricExporter, endpoint: str) -> None:
        # Where every exporter has them, and every reader reads them.
        super().__init__(
            preferred_temporality=exporter._preferred_temporality,  # noqa: SLF001
            preferred_aggregation=exporter._preferred_aggregation,  # noqa: SLF001
        )
        self._exporter = exporter
        parts = urlsplit(endpoint)
        login, at, self._backend = parts.netloc.rpartition("@")
        self._secrets = [part for part in (login + at, parts.query) if part]
        self._failing = self._exporting = False
        _hush.install()

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        """Export; called by one thread at a time, which is the reader's."""
        result, self._exporting = MetricExportResult.FAILURE, True
        with _hush:
            try:
                result = self._exporter.export(metrics_data, timeout_millis, **kwargs)
            except Exception as exc:  # noqa: BLE001  # the reader would log it each time
                _hush.hear(f"{type(exc).__name__}: {exc}")
        self._exporting = False
        self._tell(_hush.said, works=result is MetricExportResult.SUCCESS)
        return result

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Whether all is exported that was to be."""
        return self._exporter.force_flush(timeout_millis)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """End it; an export that still goes on is given up."""
        if self._exporting:
            self._tell("no answer until the end", works=False)
        self._exporter.shutdown(timeout_millis, **kwargs)

    def _tell(self, reason: str, *, works: bool) -> None:
        if works is not self._failing:
            return
        self._failing = not works
        if works:
            logger.info("metrics are exported to %s again", self._backend)
        else:
            for secret in self._secrets:
                reason = reason.replace(secret, "…")
            logger.warning("metrics cannot be exported to %s: %s", self._backend, reason)


class _Hush(logging.Filter, threading.local):
    """Keeps back what exporters log in a thread that is in it; others are not kept from it."""

    said = ""
    """The first of it: what comes later is about giving up."""
    _active = False

    def install(self) -> None:
        """Filter the loggers that there are by now."""
        for name in tuple(logging.root.manager.loggerDict):
            filters = logging.getLogger(name).filters if name.startswith(_SPEAKS) else [self]
            if self not in filters:
                # Before the SDK's own, which keep back a line that is like the last one.
                filters.insert(0, self)

    def __enter__(self) -> None:
        self.said, self._active = "", True

    def __exit__(self, *_: object) -> None:
        self._active = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether *record* is to be written."""
        hushed = self._active and record.levelno >= logging.WARNING
        if hushed:
            self.hear(record.getMessage())
        return not hushed

    def hear(self, message: str) -> None:
        """Keep *message* if it is the first."""
        self.said = self.said or message


_hush = _Hush()
