"""What a check can find out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

_DETAIL = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


class Status(StrEnum):
    """The closed set of status categories, as exported (docs/metrics.md)."""

    OK = "ok"
    TIMEOUT = "timeout"
    CONNECTION_ERROR = "connection_error"
    DNS_ERROR = "dns_error"
    AUTH_ERROR = "auth_error"
    TLS_ERROR = "tls_error"
    UNHEALTHY = "unhealthy"
    ERROR = "error"


CORE_DETAILS: Mapping[str, Status] = {
    "ok": Status.OK,
    "timeout": Status.TIMEOUT,
    "connection_refused": Status.CONNECTION_ERROR,
    "network_unreachable": Status.CONNECTION_ERROR,
    "host_unreachable": Status.CONNECTION_ERROR,
    "connection_reset": Status.CONNECTION_ERROR,
    "dns_error": Status.DNS_ERROR,
    "auth_error": Status.AUTH_ERROR,
    "tls_error": Status.TLS_ERROR,
    "unhealthy": Status.UNHEALTHY,
    "error": Status.ERROR,
    "pool_exhausted": Status.ERROR,
    "query_error": Status.ERROR,
}
"""The details that more than one type can yield; plugins add their own."""

_USUAL_DETAIL = {Status.CONNECTION_ERROR: "connection_refused"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A status category and the detail that refines it.

    Raises:
        ValueError: The status is none of the eight, the detail is no
            ``[a-z][a-z0-9_]*``, or the detail belongs to another status.
    """

    status: Status
    detail: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", _status(self.status))
        if not _DETAIL.fullmatch(str(self.detail)):
            raise ValueError(f"detail {self.detail!r} does not match {_DETAIL.pattern}")
        owner = CORE_DETAILS.get(self.detail, self.status)
        if owner is not self.status:
            raise ValueError(
                f"detail {self.detail!r} belongs to status {str(owner)!r}, not {str(self.status)!r}"
            )

    @classmethod
    def of(cls, status: str, detail: str | None = None) -> Outcome:
        """The outcome of *status*, with its usual detail unless one is given."""
        known = _status(status)
        return cls(known, detail or _USUAL_DETAIL.get(known, str(known)))


def _status(value: str) -> Status:
    try:
        return Status(value)
    except ValueError:
        raise ValueError(f"status {value!r} is none of: {', '.join(Status)}") from None


OK = Outcome(Status.OK, "ok")
TIMEOUT = Outcome(Status.TIMEOUT, "timeout")
CONNECTION_REFUSED = Outcome(Status.CONNECTION_ERROR, "connection_refused")
NETWORK_UNREACHABLE = Outcome(Status.CONNECTION_ERROR, "network_unreachable")
HOST_UNREACHABLE = Outcome(Status.CONNECTION_ERROR, "host_unreachable")
CONNECTION_RESET = Outcome(Status.CONNECTION_ERROR, "connection_reset")
DNS_ERROR = Outcome(Status.DNS_ERROR, "dns_error")
AUTH_ERROR = Outcome(Status.AUTH_ERROR, "auth_error")
TLS_ERROR = Outcome(Status.TLS_ERROR, "tls_error")
UNHEALTHY = Outcome(Status.UNHEALTHY, "unhealthy")
ERROR = Outcome(Status.ERROR, "error")
POOL_EXHAUSTED = Outcome(Status.ERROR, "pool_exhausted")
QUERY_ERROR = Outcome(Status.ERROR, "query_error")
