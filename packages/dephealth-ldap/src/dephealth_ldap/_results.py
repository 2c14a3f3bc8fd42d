"""What the result codes of a directory mean (RFC 4511, appendix A; README.md)."""

from __future__ import annotations

from collections.abc import Mapping

from ldap3.core import results

from dephealth import AUTH_ERROR, ERROR, TIMEOUT, UNHEALTHY, CheckError, Outcome

OUTCOMES: Mapping[int, Outcome] = {
    results.RESULT_TIME_LIMIT_EXCEEDED: TIMEOUT,
    results.RESULT_STRONGER_AUTH_REQUIRED: AUTH_ERROR,
    results.RESULT_CONFIDENTIALITY_REQUIRED: AUTH_ERROR,
    results.RESULT_INAPPROPRIATE_AUTHENTICATION: AUTH_ERROR,
    results.RESULT_INVALID_CREDENTIALS: AUTH_ERROR,
    results.RESULT_INSUFFICIENT_ACCESS_RIGHTS: AUTH_ERROR,
    results.RESULT_AUTHORIZATION_DENIED: AUTH_ERROR,
    results.RESULT_BUSY: UNHEALTHY,
    results.RESULT_UNAVAILABLE: UNHEALTHY,
    results.RESULT_UNWILLING_TO_PERFORM: UNHEALTHY,
}
"""The others are errors, as are codes that nobody knows."""

_MOST_TEXT = 200


def failure(what: str, code: int, text: str) -> CheckError:
    """What to raise when *what* was answered with *code* and the server's *text*."""
    outcome = OUTCOMES.get(code, ERROR)
    name = results.RESULT_CODES.get(code, "a result code that is not known")
    said = f": {text:.{_MOST_TEXT}}" if text else ""
    return CheckError(f"{what}: {name} ({code}){said}", outcome.status, outcome.detail)
