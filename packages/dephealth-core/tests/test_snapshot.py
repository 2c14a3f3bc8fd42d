"""The public snapshot of an endpoint."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

import pytest

from dephealth import EndpointStatus

STATUS = EndpointStatus(
    healthy=False,
    status="connection_error",
    detail="connection_refused",
    latency=0.0125,
    type="redis",
    name="cache",
    host="cache.svc",
    port="6379",
    critical=True,
    last_checked_at=datetime(2024, 5, 1, 12, 30, 0, 250_000, tzinfo=UTC),
    labels={"shard": "1"},
)


def test_latency_in_milliseconds() -> None:
    """`latency` is in seconds, `latency_millis` in milliseconds."""
    assert STATUS.latency_millis() == 12.5


def test_as_json() -> None:
    """`to_dict` has what JSON can say: the time as ISO 8601, the latency in milliseconds."""
    assert json.loads(json.dumps(STATUS.to_dict())) == {
        "healthy": False,
        "status": "connection_error",
        "detail": "connection_refused",
        "latency_ms": 12.5,
        "type": "redis",
        "name": "cache",
        "host": "cache.svc",
        "port": "6379",
        "critical": True,
        "last_checked_at": "2024-05-01T12:30:00.250000Z",
        "labels": {"shard": "1"},
    }


def test_to_dict_is_a_copy() -> None:
    """Changing what `to_dict` gave changes no snapshot."""
    STATUS.to_dict()["labels"]["shard"] = "2"

    assert STATUS.labels == {"shard": "1"}


def test_snapshots_do_not_change() -> None:
    """A snapshot's fields cannot be set."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        STATUS.healthy = True  # type: ignore[misc]  # that is the point
