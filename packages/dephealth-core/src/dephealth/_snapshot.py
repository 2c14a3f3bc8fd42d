"""What is known about an endpoint, for those who ask."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

UNKNOWN_STATUS = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointStatus:
    """A copy of what is known about one endpoint (docs/configuration.md).

    `latency` is in seconds. Before the first finished check `healthy` and
    `last_checked_at` are None, `status` and `detail` are ``unknown``.
    """

    healthy: bool | None
    status: str
    detail: str
    latency: float
    type: str
    name: str
    host: str
    port: str
    critical: bool
    last_checked_at: datetime | None
    labels: dict[str, str]

    def latency_millis(self) -> float:
        """The latency in milliseconds."""
        return self.latency * 1000.0

    def to_dict(self) -> dict[str, Any]:
        """The same for JSON: ``latency_ms`` in place of ``latency``, the time as ISO 8601."""
        values = asdict(self)
        values["latency_ms"] = self.latency_millis()
        del values["latency"]
        if self.last_checked_at is not None:
            values["last_checked_at"] = self.last_checked_at.isoformat().replace("+00:00", "Z")
        return values
