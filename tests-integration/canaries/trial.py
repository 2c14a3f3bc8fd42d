"""Checks of dependencies with secrets, and everything that is told of them."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import pickle
import pprint
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry, generate_latest

from dephealth import (
    Checker,
    Dependency,
    Endpoint,
    Exporter,
    HealthChecker,
    check_once,
    options_of,
)
from dephealth.api import DependencyHealth
from dephealth_otel import OtelExporter
from dephealth_prometheus import PrometheusExporter, render
from dephealth_web import dependencies, live, metrics, ready, status_page
from waiting import first_results

from .watch import Heard

RAISED = "what a checker raised"
"""What the core gets to see."""


class Backends:
    """Where a service exports to, all in memory."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._reader = InMemoryMetricReader()
        self._spans = InMemorySpanExporter()
        self._events = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
        self._meters = MeterProvider([self._reader])
        self._tracers = TracerProvider()
        self._tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self._loggers = LoggerProvider()
        self._loggers.add_log_record_processor(SimpleLogRecordProcessor(self._events))

    @property
    def exporters(self) -> Sequence[Exporter]:
        """What exports there."""
        return [
            PrometheusExporter(registry=self.registry),
            OtelExporter(
                meter_provider=self._meters,
                tracer_provider=self._tracers,
                logger_provider=self._loggers,
                trace=True,
            ),
        ]

    def told(self) -> Iterator[tuple[str, str]]:
        """All that has arrived."""
        yield "metrics", generate_latest(self.registry).decode()
        yield "rendered metrics", render(self.registry).decode()
        data = self._reader.get_metrics_data()
        yield "metrics of OpenTelemetry", data.to_json(indent=None) if data else ""
        for span in self._spans.get_finished_spans():
            yield "a span", span.to_json(indent=None)
        for event in self._events.get_finished_logs():
            yield "an event of OpenTelemetry", event.to_json(indent=None)

    def close(self) -> None:
        """Shut all down."""
        for provider in (self._meters, self._tracers, self._loggers):
            provider.shutdown()


def run(declared: Sequence[Dependency], heard: Heard, timeout: float) -> Mapping[str, str]:
    """Check each once by itself and once in a service; gives the detail that each came to."""
    return asyncio.run(_run(declared, heard, timeout), debug=True)


async def _run(declared: Sequence[Dependency], heard: Heard, timeout: float) -> Mapping[str, str]:
    loop = asyncio.get_running_loop()
    loop.slow_callback_duration = 0  # so that every callback is logged, with its arguments
    for dependency in declared:
        _printed(dependency, heard)
    await asyncio.gather(*(_raised(dependency, heard, timeout) for dependency in declared))
    backends = Backends()
    health = DependencyHealth(
        "canaries",
        "canaries",
        *declared,
        timeout=timeout,
        check_interval=60,
        exporters=backends.exporters,
    )
    health.keep_latencies()
    await health.start()
    await first_results(health, 30)
    _told(health, backends, heard)
    await health.stop()
    heard.add("the object", f"{health!r} {vars(health)!r}")
    for where, text in backends.told():
        heard.add(where, text)
    backends.close()
    return {status.name: status.detail for status in health.health_details().values()}


def _printed(dependency: Dependency, heard: Heard) -> None:
    checker = dependency.checker
    heard.add("a dependency", f"{dependency!r} {dependency!s} {pprint.pformat(dependency)}")
    heard.add("a checker", f"{checker!r} {checker!s} {vars(checker)!r} {copy.copy(checker)!r}")
    options = options_of(type(checker))
    heard.add("the options of a checker", {name: getattr(checker, name) for name in options})
    with contextlib.suppress(TypeError):  # one that has a secret in it cannot be
        heard.add("the pickle of a checker", pickle.dumps(checker))


async def _raised(dependency: Dependency, heard: Heard, timeout: float) -> None:
    await check_once(_Witness(dependency.checker, heard), dependency.endpoints[0], timeout)
    if isinstance(dependency.checker, Checker):
        await dependency.checker.aclose()


class _Witness:
    """A checker that tells what another one raises."""

    def __init__(self, checker: HealthChecker, heard: Heard) -> None:
        self._checker = checker
        self._heard = heard

    async def check(self, endpoint: Endpoint) -> None:
        """As the other one."""
        try:
            await self._checker.check(endpoint)
        except BaseException as exc:
            self._heard.add_exception(RAISED, exc)
            raise


def _told(health: DependencyHealth, backends: Backends, heard: Heard) -> None:
    heard.add("health()", health.health())
    details = health.health_details()
    heard.add("health_details()", details)
    heard.add("to_dict()", json.dumps([status.to_dict() for status in details.values()]))
    heard.add("history()", health.history())
    for name, told in {"snapshots": details, "a history": health.history()}.items():
        heard.add(f"the pickle of {name}", pickle.dumps(told))
    pages: Mapping[str, Any] = {
        "/health/dependencies": dependencies(health),
        "/health/ready": ready(health),
        "/health/live": live(),
        "the status page": status_page(health),
        "/metrics": metrics(backends.registry),
    }
    for name, page in pages.items():
        heard.add(name, f"{page.body.decode()} {page!r}")
    for where, text in backends.told():
        heard.add(where, text)
