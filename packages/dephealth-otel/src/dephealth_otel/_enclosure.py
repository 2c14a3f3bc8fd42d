"""The context in which a check runs."""

from __future__ import annotations

from contextvars import ContextVar

import opentelemetry.context
from opentelemetry.context import Context, attach, detach, set_value

_NAME = "suppress_instrumentation"
_KEY: str = getattr(opentelemetry.context, "_SUPPRESS_INSTRUMENTATION_KEY", _NAME)
_YES: object = True

SUPPRESSED = set_value(_NAME, _YES, set_value(_KEY, _YES, Context()))
"""A context in which instrumented drivers make no spans.

Both keys that instrumentations have looked at; the API offers no other way.
Empty otherwise: checks go on long after the span has ended in which they were
started.
"""

_entered: ContextVar[Enclosure | None] = ContextVar("dephealth_otel_enclosure", default=None)


class Enclosure:
    """Attaches a context for as long as one check runs."""

    __slots__ = ("_before", "_context", "_token")

    def __init__(self, context: Context) -> None:
        self._context = context

    def __enter__(self) -> None:
        self._before = _entered.set(self)
        self._token = attach(self._context)

    def __exit__(self, *_: object) -> None:
        # A task that is thrown away with its loop is ended in some other context.
        if _entered.get() is self:
            detach(self._token)
            _entered.reset(self._before)
