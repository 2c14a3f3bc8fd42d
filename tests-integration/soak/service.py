"""The service: checks everything in one object, and does as it is told by lines of JSON."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client import CollectorRegistry

from dephealth._checker import wall
from dephealth.api import Dependency, DependencyHealth
from dephealth_otel import OtelExporter
from dephealth_prometheus import PrometheusExporter, render
from dephealth_testing import assert_nothing_left

from .complaints import Complaints, Log
from .declaring import declaration
from .gauges import Gauges
from .groups import INTERVAL, TIMEOUT, Group
from .objects import opened, reopen
from .telling import Teller
from .troubles import Descriptors, Inside, Underway, Wall

_TELL_STEP = 0.1
_SAMPLE_STEP = 0.25
_SCRAPE_STEP = 2.0


class Service:
    """What runs in this process.

    Args:
        told: The groups, where to log, and the port of a server that never says anything.
    """

    def __init__(self, told: dict[str, Any]) -> None:
        self._groups = [Group.read(plain) for plain in told["groups"]]
        self._log_path = Path(told["log"])
        self._silent_port: int = told["silent_port"]
        self._teller = Teller()
        self._descriptors = Descriptors()
        self._wall = Wall()
        self._objects: dict[str, Any] = {}

    async def run(self) -> None:
        """Check until told to stop, and clean up."""
        complaints = Complaints(self._teller)
        log = Log(self._log_path)
        logging.basicConfig(level=logging.INFO, handlers=[log])
        complaints.listen(asyncio.get_running_loop())
        try:
            async with (
                _orders() as orders,
                assert_nothing_left(within=1.0),
                AsyncExitStack() as stack,
            ):
                await self._serve(orders, log, stack)
        except AssertionError as left:
            complaints.say("stop", left)
        self._teller.tell(clean=time.monotonic())

    async def _serve(self, orders: asyncio.StreamReader, log: Log, stack: AsyncExitStack) -> None:
        declared: list[Dependency] = []
        for group in self._groups:
            given = await stack.enter_async_context(opened(group)) if group.pooled else {}
            for each in given.values():
                self._objects[group.name] = each
            declared += declaration(group, given)
        registry, reader = CollectorRegistry(), InMemoryMetricReader()
        meters = MeterProvider([reader], shutdown_on_exit=False)
        exporters = [PrometheusExporter(registry), OtelExporter(meter_provider=meters)]
        wall.set(self._wall)
        health = DependencyHealth(
            "soak",
            "tests",
            *declared,
            check_interval=INTERVAL,
            timeout=TIMEOUT,
            exporters=[*exporters, self._teller],
        )
        inside = Inside(health, log, self._descriptors, self._wall, self._silent_port)
        underway, gauges = Underway(inside), Gauges(inside.active)
        await health.start()
        async with _beside(
            gauges.watch_loop(),
            gauges.watch_lookups(),
            self._tell(),
            self._sample(gauges),
            _scrape(registry, reader),
        ):
            self._teller.tell(started=time.monotonic())
            await self._obey(orders, underway)
        begun = time.monotonic()
        await health.stop()
        self._teller.flush()
        self._teller.tell(stopped=time.monotonic(), took=time.monotonic() - begun)

    async def _obey(self, orders: asyncio.StreamReader, underway: Underway) -> None:
        async with asyncio.TaskGroup() as group:
            while line := await orders.readline():
                order = json.loads(line)
                if order["do"] == "stop":
                    return
                group.create_task(self._do(order, underway))

    async def _do(self, order: dict[str, Any], underway: Underway) -> None:
        evidence: dict[str, Any] = {}
        match order["do"]:
            case "begin":
                at = await underway.begin(order["what"])
            case "end":
                at, evidence = await underway.end(order["what"])
            case "reopen":
                await reopen(self._objects[order["what"]])
                at = time.monotonic()
            case other:
                raise AssertionError(other)
        self._teller.tell(reply=order["id"], at=at, evidence=evidence)

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(_TELL_STEP)
            self._teller.flush()

    async def _sample(self, gauges: Gauges) -> None:
        while True:
            await asyncio.sleep(_SAMPLE_STEP)
            sample = gauges.read()
            if sample is not None:
                self._teller.tell(sample=sample | {"checks": self._teller.checks})


async def _scrape(registry: CollectorRegistry, reader: InMemoryMetricReader) -> None:
    while True:
        await asyncio.sleep(_SCRAPE_STEP)
        render(registry)
        reader.get_metrics_data()


@asynccontextmanager
async def _beside(*work: Any) -> AsyncIterator[None]:
    """Do *work* until the end of the block."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@asynccontextmanager
async def _orders() -> AsyncIterator[asyncio.StreamReader]:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        yield reader
    finally:
        transport.close()


if __name__ == "__main__":
    asyncio.run(Service(json.loads(Path(sys.argv[1]).read_text())).run())
