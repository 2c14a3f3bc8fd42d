"""The four metrics as they are called and explained (docs/metrics.md)."""

from __future__ import annotations

from typing import NamedTuple

from prometheus_client import Metric


class Family(NamedTuple):
    """One metric, without its values."""

    name: str
    type: str
    help: str
    unit: str = ""

    def empty(self) -> Metric:
        """It as prometheus_client has it, to be filled."""
        return Metric(self.name, self.help, self.type, self.unit)


HEALTH = Family(
    "app_dependency_health",
    "gauge",
    "Health status of a dependency (1 = healthy, 0 = unhealthy)",
)
LATENCY = Family(
    "app_dependency_latency_seconds",
    "histogram",
    "Latency of dependency health check in seconds",
    "seconds",
)
STATUS = Family("app_dependency_status", "gauge", "Category of the last check result")
STATUS_DETAIL = Family(
    "app_dependency_status_detail", "gauge", "Detailed reason of the last check result"
)
FAMILIES = (HEALTH, LATENCY, STATUS, STATUS_DETAIL)
