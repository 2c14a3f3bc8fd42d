"""What is written to the log about checks (docs/logging.md). Never a secret."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable

from ._classification import Finding
from ._secret import Secret, scrub
from ._state import EndpointState

logger = logging.getLogger("dephealth")

REPEAT_AFTER = 60.0
"""Seconds between two lines about the same failure of one endpoint."""

_LONGEST_REASON = 500
"""Characters of an exception's text in a line: some drivers quote all that a server sent."""

_LONGEST_KEPT = 200
"""Characters of it that are kept."""


class EndpointLog:
    """Tells one endpoint's failures and changes, without repeating itself.

    Args:
        log: Where to write.
        subject: What the lines are about.
        secrets: Gives the values that no line may show.
    """

    __slots__ = (
        "_kind", "_last", "_log", "_logged_at", "_repeats", "_secrets", "reason", "subject",
    )  # fmt: skip

    def __init__(
        self, log: logging.Logger, subject: str, secrets: Callable[[], Iterable[Secret]]
    ) -> None:
        self._log = log
        self.subject = subject
        self._secrets = secrets
        self.reason = ""
        """Why the last failure happened that a line was due for."""
        self._last = ""
        self._logged_at = 0.0
        self._repeats = 0
        self._kind: type[BaseException] | None = None

    def resume(self, other: EndpointLog) -> None:
        """Go on where *other* ends: what it has told is not told again."""
        self.reason, self._last, self._kind = other.reason, other._last, other._kind
        self._logged_at, self._repeats = other._logged_at, other._repeats

    def failed(self, finding: Finding, latency: float, now: float) -> None:
        """One check has failed. *now* and *latency* are in seconds."""
        cause = finding.cause
        outcome = finding.outcome
        known_kind, self._kind = self._kind, None if finding.expected else type(cause)
        if not finding.expected and type(cause) is not known_kind:
            # As text, since handlers print an exception's chain as it is.
            lines = "".join(traceback.format_exception(cause))
            self._log.error("%s: the check raised\n%s", self.subject, self._clean(lines))
        what = f"{outcome.status}/{outcome.detail}" if outcome else "no result"
        if what == self._last and now - self._logged_at < REPEAT_AFTER:
            self._repeats += 1
            return
        again = f" ({self._repeats} more since the last line)" if self._repeats else ""
        self._last, self._logged_at, self._repeats = what, now, 0
        reason = self._reason(cause)
        self.reason = _clipped(reason, _LONGEST_KEPT)
        self._log.warning(
            "%s: check failed after %.3f s: %s: %s%s", self.subject, latency, what, reason, again
        )

    def changed(self, before: EndpointState, after: EndpointState) -> None:
        """The verdict is *after* now; tells it if that is another one than *before*."""
        if before.healthy is after.healthy or after.last is None:
            return
        if after.healthy is False:
            outcome = after.last.outcome
            self._log.error("%s is unhealthy: %s/%s", self.subject, outcome.status, outcome.detail)
        elif before.healthy is False:
            self._log.info("%s is healthy again", self.subject)

    def trouble(self, what: str, cause: BaseException) -> None:
        """Something went wrong beside the checks."""
        self._log.error("%s: %s: %s", self.subject, what, self._reason(cause))

    def _reason(self, cause: BaseException) -> str:
        # Not `str`, which may raise something itself.
        text = self._clean("".join(traceback.format_exception_only(cause)))
        # One line: servers send texts of several, and a line of the log is one event.
        return _clipped(" ".join(text.split()), _LONGEST_REASON)

    def _clean(self, text: str) -> str:
        return scrub(text, self._secrets())


def _clipped(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}…"
