"""What the ends of a call mean for a check (https://grpc.io/docs/guides/status-codes/)."""

from __future__ import annotations

from collections.abc import Mapping

from grpc import StatusCode

from dephealth import CheckAuthError, CheckError, CheckTimeoutError


class UnavailableError(CheckError):
    """UNAVAILABLE: what the server says, or grpcio of all that can go wrong on the way to it."""


_ERRORS: Mapping[StatusCode, type[CheckError]] = {
    StatusCode.UNAVAILABLE: UnavailableError,
    StatusCode.UNAUTHENTICATED: CheckAuthError,
    StatusCode.PERMISSION_DENIED: CheckAuthError,
    StatusCode.DEADLINE_EXCEEDED: CheckTimeoutError,
}
"""Any other is a `CheckError`: there was an answer, but not to the question."""

_EXPLAINED = {
    StatusCode.NOT_FOUND: "NOT_FOUND: it knows no service of that name",
    StatusCode.UNIMPLEMENTED: "UNIMPLEMENTED: it has no grpc.health.v1.Health",
}


def failure(code: StatusCode) -> CheckError:
    """What is wrong if a call ends with *code*.

    The message that a server adds is not repeated: it may echo a secret.
    """
    kind = _ERRORS.get(code, CheckError)
    return kind(f"the server answered {_EXPLAINED.get(code, code.name)}")
