"""One span for each check."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.sdk.metrics.export import HistogramDataPoint
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, StatusCode
from otel_bench import Bench
from otel_running import Checker, running

from dephealth import Endpoint
from dephealth_otel import OtelExporter


class Traces:
    """A tracer provider, and the spans that have ended."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._spans))

    def ended(self) -> list[ReadableSpan]:
        """The spans so far, in the order of their ends."""
        return list(self._spans.get_finished_spans())


def identity(span: ReadableSpan) -> SpanContext:
    """Which span, of which trace."""
    context = span.get_span_context()
    assert context is not None
    return context


@pytest.fixture
def traces() -> Iterator[Traces]:
    """A tracer provider of the test's own."""
    it = Traces()
    yield it
    it.provider.shutdown()


@pytest.fixture
def exporter(bench: Bench, traces: Traces) -> OtelExporter:
    """An exporter that makes spans."""
    return OtelExporter(meter_provider=bench.provider, tracer_provider=traces.provider, trace=True)


async def nothing() -> None:
    """Pass."""


async def refuse() -> None:
    """Fail."""
    raise ConnectionRefusedError


async def hang() -> None:
    """Never end."""
    await asyncio.get_running_loop().create_future()


async def test_no_span_by_default(bench: Bench, traces: Traces) -> None:
    """Without `trace` a check is no span."""
    quiet = OtelExporter(meter_provider=bench.provider, tracer_provider=traces.provider)
    async with running(Checker(nothing), quiet) as (_, results):
        await results.come(1)
    assert traces.ended() == []


async def test_one_span_for_each_check(exporter: OtelExporter, traces: Traces) -> None:
    """Each check is a tree of its own, whose root says what was checked."""
    async with running(Checker(nothing), exporter) as (_, results):
        await results.come(2)
    first, second = traces.ended()
    for span in first, second:
        assert span.name == "dependency.health.check"
        assert span.parent is None
        assert dict(span.attributes or {}) == {"server.address": "db.svc", "server.port": 5432}
        assert span.status.status_code is StatusCode.UNSET
    assert identity(first).trace_id != identity(second).trace_id


async def test_spans_of_the_driver_come_under_it(exporter: OtelExporter, traces: Traces) -> None:
    """What a driver does in a check is a child of the check's span."""

    async def drive() -> None:
        assert is_instrumentation_enabled()
        with traces.provider.get_tracer("driver").start_as_current_span("PING"):
            await asyncio.sleep(0)

    async with running(Checker(drive), exporter) as (_, results):
        await results.come(1)
    child, root = traces.ended()
    assert (child.name, root.name) == ("PING", "dependency.health.check")
    assert child.parent is not None
    assert child.parent.span_id == identity(root).span_id


async def test_span_of_the_start_is_no_parent(exporter: OtelExporter, traces: Traces) -> None:
    """A span in which checks were started has no part in theirs."""
    with traces.provider.get_tracer("application").start_as_current_span("start"):
        async with running(Checker(nothing), exporter) as (_, results):
            await results.come(1)
        (span,) = traces.ended()
    assert span.parent is None


async def test_failed_check(exporter: OtelExporter, traces: Traces) -> None:
    """The span of a check that fails is an error and says which."""
    async with running(Checker(refuse, nothing), exporter) as (_, results):
        await results.come(2)
    failed, passed = traces.ended()
    assert failed.status.status_code is StatusCode.ERROR
    assert (failed.attributes or {})["error.type"] == "connection_refused"
    assert "error.type" not in (passed.attributes or {})


async def test_timeout(exporter: OtelExporter, traces: Traces) -> None:
    """The span of a check that takes too long is as long as its timeout."""
    async with running(Checker(hang), exporter) as (_, results):
        await results.come(1)
    span = traces.ended()[0]
    assert (span.attributes or {})["error.type"] == "timeout"
    assert span.start_time is not None
    assert span.end_time is not None
    assert span.end_time - span.start_time >= 0.5e9


async def test_stopped_check(exporter: OtelExporter, traces: Traces) -> None:
    """A check that is cut off has found nothing: its span ends and is no error."""
    begun = asyncio.Event()

    async def begin() -> None:
        begun.set()
        await hang()

    async with running(Checker(begin), exporter):
        await begun.wait()
    (span,) = traces.ended()
    assert span.status.status_code is StatusCode.UNSET
    assert exporter._spans is not None
    assert exporter._spans._open == {}


async def test_socket_without_a_port(exporter: OtelExporter, traces: Traces) -> None:
    """An address without a port has no port in its span."""
    async with running(Checker(nothing), exporter, endpoint=Endpoint("/run/db.sock", "0")) as (
        _,
        results,
    ):
        await results.come(1)
    assert dict(traces.ended()[0].attributes or {}) == {"server.address": "/run/db.sock"}


async def test_latency_leads_to_its_span(
    exporter: OtelExporter, traces: Traces, bench: Bench
) -> None:
    """The histogram has an exemplar that names the trace of the check."""
    async with running(Checker(nothing), exporter) as (_, results):
        await results.come(1)
    (span,) = traces.ended()
    (point,) = bench.metrics()["app_dependency_latency_seconds"].data.data_points
    assert isinstance(point, HistogramDataPoint)
    assert [each.trace_id for each in point.exemplars] == [identity(span).trace_id]
