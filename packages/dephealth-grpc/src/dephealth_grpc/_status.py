"""How a call ended: gRPC's status codes and what they mean for a check."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from dephealth import CheckAuthError, CheckError, CheckTimeoutError


class StatusCode(IntEnum):
    """As in https://grpc.io/docs/guides/status-codes/."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


_CODES = {str(code.value).encode(): code for code in StatusCode}

_ERRORS: Mapping[StatusCode | None, type[CheckError]] = {
    StatusCode.UNAUTHENTICATED: CheckAuthError,
    StatusCode.PERMISSION_DENIED: CheckAuthError,
    StatusCode.DEADLINE_EXCEEDED: CheckTimeoutError,
}
"""Any other is a `CheckError`: there was an answer, but not to the question."""

_EXPLAINED = {
    StatusCode.NOT_FOUND: "NOT_FOUND: it knows no service of that name",
    StatusCode.UNIMPLEMENTED: "UNIMPLEMENTED: it has no grpc.health.v1.Health",
}

_FROM_HTTP = {b"401": StatusCode.UNAUTHENTICATED, b"403": StatusCode.PERMISSION_DENIED}
"""What a gateway means that does not speak gRPC (grpc's doc/http-grpc-status-mapping.md)."""


def failure(headers: Mapping[bytes, bytes]) -> CheckError | None:
    """What is wrong according to the headers of a response, None if the call went well.

    The message that a server adds is not repeated: it may echo a secret.
    """
    status = headers.get(b"grpc-status")
    if status is None:
        http_status = headers.get(b":status", b"")
        kind = _ERRORS.get(_FROM_HTTP.get(http_status), CheckError)
        shown = http_status.decode() if http_status.isdigit() else "that is none"
        return kind(f"the answer is not gRPC: HTTP status {shown:.3}")
    code = _CODES.get(status)
    if code is StatusCode.OK:
        return None
    if code is None:
        return CheckError("the server answered with a status that gRPC does not have")
    kind = _ERRORS.get(code, CheckError)
    return kind(f"the server answered {_EXPLAINED.get(code, code.name)}")
