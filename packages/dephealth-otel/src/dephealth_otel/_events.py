"""A log event for each change of an endpoint's health (docs/opentelemetry.md)."""

from __future__ import annotations

from opentelemetry._logs import LoggerProvider, SeverityNumber, get_logger

from dephealth import CheckResult, EndpointState

from ._board import Series
from ._instruments import SCOPE

NAME = "dependency.health.changed"

_WORDS = {None: "unknown", True: "healthy", False: "unhealthy"}


class HealthEvents:
    """Emits the events, at the same changes as the core's own log lines.

    Args:
        provider: The global one if not given, which may be set later.
    """

    def __init__(self, provider: LoggerProvider | None) -> None:
        self._logger = get_logger(SCOPE, logger_provider=provider)

    def changed(
        self, series: Series, before: EndpointState, after: EndpointState, last: CheckResult
    ) -> None:
        """The verdict may have changed from *before* to *after*."""
        if before.healthy is after.healthy or (before.healthy is None and after.healthy):
            return
        severity = SeverityNumber.INFO if after.healthy else SeverityNumber.ERROR
        self._logger.emit(
            timestamp=int(last.at.timestamp() * 1e9),
            severity_number=severity,
            severity_text=severity.name,
            attributes={
                **series.attributes,
                "status": str(last.outcome.status),
                "detail": last.outcome.detail,
                "from": _WORDS[before.healthy],
                "to": _WORDS[after.healthy],
            },
            event_name=NAME,
        )
