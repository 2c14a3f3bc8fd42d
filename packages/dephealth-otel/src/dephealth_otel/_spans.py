"""One span for each check (docs/opentelemetry.md)."""

from __future__ import annotations

from opentelemetry.context import Context
from opentelemetry.trace import (
    Span,
    Status,
    StatusCode,
    TracerProvider,
    get_tracer,
    set_span_in_context,
)
from opentelemetry.util.types import AttributeValue

from dephealth import CheckResult, Target
from dephealth import Status as CheckStatus

from ._enclosure import Enclosure
from ._instruments import SCOPE

NAME = "dependency.health.check"


class CheckSpans:
    """The spans of the checks that are going on, at most one for each endpoint.

    Args:
        provider: The global one if not given, which may be set later.
    """

    def __init__(self, provider: TracerProvider | None) -> None:
        self._tracer = get_tracer(SCOPE, tracer_provider=provider)
        self._open: dict[Target, Span] = {}

    def around(self, target: Target) -> Enclosure:
        """A span for one check, the root of its tree: spans of the driver come under it."""
        attributes: dict[str, AttributeValue] = {"server.address": target.host}
        if target.port != "0":
            attributes["server.port"] = int(target.port)
        span = self._tracer.start_span(NAME, context=Context(), attributes=attributes)
        return _CheckSpan(span, target, self._open)

    def record(self, target: Target, result: CheckResult) -> None:
        """Note what the check that is going on has come to."""
        span = self._open.get(target)
        if span is not None and result.outcome.status is not CheckStatus.OK:
            span.set_attribute("error.type", result.outcome.detail)
            span.set_status(Status(StatusCode.ERROR))


class _CheckSpan(Enclosure):
    """Makes a span the current one, and ends it."""

    __slots__ = ("_open", "_span", "_target")

    def __init__(self, span: Span, target: Target, among: dict[Target, Span]) -> None:
        super().__init__(set_span_in_context(span, Context()))
        self._span = span
        self._target = target
        self._open = among

    def __enter__(self) -> None:
        super().__enter__()
        self._open[self._target] = self._span

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        del self._open[self._target]
        self._span.end()
