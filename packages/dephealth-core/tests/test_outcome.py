"""The closed set of statuses, and which detail belongs to which."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from dephealth import CORE_DETAILS, Outcome, Status

STATUSES = [
    "ok",
    "timeout",
    "connection_error",
    "dns_error",
    "auth_error",
    "tls_error",
    "unhealthy",
    "error",
]
DETAILS = {
    "ok": "ok",
    "timeout": "timeout",
    "connection_refused": "connection_error",
    "network_unreachable": "connection_error",
    "host_unreachable": "connection_error",
    "connection_reset": "connection_error",
    "dns_error": "dns_error",
    "auth_error": "auth_error",
    "tls_error": "tls_error",
    "unhealthy": "unhealthy",
    "error": "error",
    "pool_exhausted": "error",
    "query_error": "error",
}


def test_statuses_are_the_eight() -> None:
    """The statuses are the eight of the contract, in its order."""
    assert list(Status) == STATUSES


def test_core_details_are_those_of_the_contract() -> None:
    """Each detail that is not one type's own belongs to the status that the contract says."""
    assert CORE_DETAILS == DETAILS


@pytest.mark.parametrize(("detail", "status"), DETAILS.items())
def test_detail_goes_with_its_status_alone(detail: str, status: str) -> None:
    """A detail of the core is refused with every status but its own."""
    assert Outcome(Status(status), detail).detail == detail
    for other in set(STATUSES) - {status}:
        with pytest.raises(ValueError, match=f"'{detail}' belongs to status '{status}'"):
            Outcome(Status(other), detail)


@pytest.mark.parametrize(
    ("status", "detail"),
    [(s, "connection_refused" if s == "connection_error" else s) for s in STATUSES],
)
def test_status_alone_has_its_usual_detail(status: str, detail: str) -> None:
    """A status without a detail means its usual one."""
    assert Outcome.of(status) == Outcome(Status(status), detail)


def test_status_may_be_given_as_text() -> None:
    """A status that is given as text becomes a `Status`."""
    given: Any = "unhealthy"
    assert Outcome(given, "http_503").status is Status.UNHEALTHY


def test_detail_of_somebody_else_is_accepted() -> None:
    """A detail that the core does not know may go with the status that its owner names."""
    assert Outcome.of("unhealthy", "replica_lagging") == Outcome(
        Status.UNHEALTHY, "replica_lagging"
    )


@pytest.mark.parametrize("detail", ["Lagging", "1st", "no-hyphen", "a b", "ünwell", "x\n", "_x"])
def test_detail_must_match(detail: str) -> None:
    """A detail that does not match ``[a-z][a-z0-9_]*`` is refused."""
    with pytest.raises(ValueError, match="does not match"):
        Outcome.of("unhealthy", detail)


@pytest.mark.parametrize("status", ["healthy", "OK", "", "unknown"])
def test_status_must_be_known(status: str) -> None:
    """A status that is none of the eight is refused with the list of them."""
    with pytest.raises(ValueError, match="is none of: ok, timeout, connection_error"):
        Outcome.of(status)


def test_outcome_survives_pickling() -> None:
    """An outcome can be sent to another process."""
    outcome = Outcome.of("unhealthy", "http_503")
    assert pickle.loads(pickle.dumps(outcome)) == outcome
