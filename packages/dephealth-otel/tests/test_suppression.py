"""The context in which a check runs."""

from __future__ import annotations

import asyncio
import logging
from contextvars import copy_context

import pytest
from opentelemetry.context import Context, attach, get_current, set_value
from opentelemetry.instrumentation.utils import (
    is_http_instrumentation_enabled,
    is_instrumentation_enabled,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import get_current_span
from otel_bench import Bench, Lines
from otel_running import Checker, running

from dephealth import in_thread
from dephealth_otel import OtelExporter
from dephealth_otel._enclosure import SUPPRESSED, Enclosure


async def test_instrumentation_is_off_in_checks(bench: Bench) -> None:
    """Instrumentations that look whether they shall make spans find that they shall not."""
    seen = []

    async def look() -> None:
        seen.append((is_instrumentation_enabled(), is_http_instrumentation_enabled()))

    async with running(Checker(look), bench.exporter) as (_, results):
        await results.come(1)
    assert seen == [(False, False)]


async def test_instrumentation_is_off_in_threads_of_checks(bench: Bench) -> None:
    """A driver that blocks finds the same in its thread."""
    seen = []

    async def look() -> None:
        seen.append(await in_thread(is_instrumentation_enabled, lambda: None))

    async with running(Checker(look), bench.exporter) as (_, results):
        await results.come(1)
    assert seen == [False]


async def test_span_of_the_start_is_left(bench: Bench) -> None:
    """Checks do not belong to the span in which they were started."""
    seen = []

    async def look() -> None:
        seen.append(get_current_span().get_span_context().is_valid)

    tracer = TracerProvider().get_tracer("application")
    with tracer.start_as_current_span("start"):
        async with running(Checker(look), bench.exporter) as (_, results):
            await results.come(1)
    assert seen == [False]


async def test_context_that_a_check_leaves_behind(bench: Bench) -> None:
    """What a driver attaches and never detaches is gone at the next check."""
    seen = []

    async def leave_behind() -> None:
        seen.append(get_current())
        attach(set_value("left", "behind"))

    async with running(Checker(leave_behind), bench.exporter) as (_, results):
        await results.come(2)
    assert seen == [SUPPRESSED, SUPPRESSED]


@pytest.mark.parametrize("trace", [False, True])
async def test_context_of_a_stopped_check(trace: bool, lines: Lines, bench: Bench) -> None:
    """A check that is cut off leaves its context in order."""
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        await asyncio.get_running_loop().create_future()

    exporter = OtelExporter(meter_provider=bench.provider, trace=trace)
    async with running(Checker(hang), exporter):
        await begun.wait()
    assert lines.of("opentelemetry.context") == []
    assert get_current() == Context()


def test_check_that_is_thrown_away_with_its_loop(lines: Lines) -> None:
    """A context is not taken from where it was not attached."""
    enclosure = Enclosure(SUPPRESSED)
    copy_context().run(enclosure.__enter__)
    token = attach(set_value("mine", "still"))
    enclosure.__exit__()
    assert get_current() == {"mine": "still"}
    assert lines.of("opentelemetry.context", logging.DEBUG) == []
    token.var.reset(token)


def test_enclosures_are_left_in_order() -> None:
    """Two exporters' contexts are taken off one after the other."""
    before = get_current()
    outer, inner = Enclosure(set_value("a", "1")), Enclosure(set_value("b", "2"))
    with outer, inner:
        assert get_current() == {"b": "2"}
    assert get_current() is before
