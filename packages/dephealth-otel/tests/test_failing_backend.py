"""A backend that is down, refuses, or does not answer."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from statistics import median

import psutil
import pytest
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from otel_bench import Lines
from otel_receiver import OWN, Receiver, free_port
from otel_running import Checker, running

from dephealth_otel import OtelExporter
from dephealth_otel._quiet import LAST_EXPORT
from dephealth_otel._setup import pushing_provider

BOUND = 20.0
TIMEOUT = 0.2
"""Seconds that one export may take."""


class Collections:
    """How often a provider was read, and waiting for it."""

    def __init__(self, provider: MeterProvider) -> None:
        self._number = 0
        self._news = threading.Condition()
        provider.get_meter("test").create_observable_gauge("collections", [self._count])

    def _count(self, _: CallbackOptions) -> list[Observation]:
        with self._news:
            self._number += 1
            self._news.notify_all()
            return [Observation(self._number)]

    def come(self, number: int) -> None:
        """Wait for so many, counted from now."""
        with self._news:
            wanted = self._number + number
            assert self._news.wait_for(lambda: self._number >= wanted, BOUND)


class Backend:
    """A receiver that fails in some way, and a provider that exports to it."""

    def __init__(self, receiver: Receiver, url: str) -> None:
        self.receiver = receiver
        self.where = url.removeprefix("http://")
        self.provider = pushing_provider(url, interval=0.02)
        self.exports = Collections(self.provider)
        self.exporter = OtelExporter(meter_provider=self.provider)


@pytest.fixture(params=["down", "refusing", "silent"])
def way(request: pytest.FixtureRequest) -> str:
    """How it fails."""
    return str(request.param)


@pytest.fixture(params=OWN)
def backend(
    request: pytest.FixtureRequest, way: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Backend]:
    """A backend that fails, over each protocol."""
    with OWN[request.param]() as receiver, socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", receiver.protocol)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", str(TIMEOUT))
        url = receiver.url
        if way == "down":
            url = f"http://127.0.0.1:{free_port()}"
        elif way == "refusing":
            receiver.accepts = False
        else:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        it = Backend(receiver, url)
        yield it
        it.provider.shutdown()


async def nothing() -> None:
    """Pass."""


async def test_checks_go_on(backend: Backend) -> None:
    """The loop of the checks goes on turning, and each of them has its result."""
    loop = asyncio.get_running_loop()
    turns: list[float] = []

    def turn() -> None:
        turns.append(loop.time())
        loop.call_later(0.01, turn)

    async with running(Checker(nothing), backend.exporter) as (health, results):
        turn()
        await results.come(3)
    pauses = [later - earlier for earlier, later in pairwise(turns)]
    assert median(pauses) < TIMEOUT / 2
    assert list(health.health().values()) == [True]


def test_one_warning(backend: Backend, lines: Lines) -> None:
    """However many exports fail, that is one warning, which says where to."""
    backend.exports.come(8)
    said = [record for record in lines.records if record.levelno >= logging.WARNING]
    assert [record.name for record in said] == ["dephealth"]
    message = said[0].getMessage()
    assert message.startswith(f"metrics cannot be exported to {backend.where}: ")
    assert len(message) > len(f"metrics cannot be exported to {backend.where}: ")


def test_nothing_grows(backend: Backend) -> None:
    """Exports that fail leave nothing behind."""
    process = psutil.Process()

    def held() -> tuple[int, int]:
        gc.collect()
        return threading.active_count(), len(process.net_connections())

    backend.exports.come(4)
    threads, sockets = held()
    tracemalloc.start()
    backend.exports.come(2)
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    backend.exports.come(16)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 64 * 1024
    threads_after, sockets_after = held()
    assert threads_after <= threads + 1
    assert sockets_after <= sockets + 2


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_end_is_not_held_up(protocol: str, monkeypatch: pytest.MonkeyPatch, lines: Lines) -> None:
    """The end of the process gives a backend that does not answer up after a few seconds."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        provider = pushing_provider(f"http://127.0.0.1:{silent.getsockname()[1]}", interval=0.02)
        Collections(provider).come(1)
        began = time.monotonic()
        provider.shutdown()
    assert time.monotonic() - began < LAST_EXPORT + 1
    (line,) = lines.of("dephealth")
    assert line.endswith(": no answer until the end")


@pytest.mark.parametrize("way", ["refusing"], indirect=True)
def test_works_again(backend: Backend, lines: Lines) -> None:
    """That it works again is told once, and a failure after that is a warning again."""
    backend.exports.come(3)
    for accepts in True, False:
        backend.receiver.accepts = accepts
        backend.exports.come(5)
    assert [line.partition(" to ")[0] for line in lines.of("dephealth", logging.INFO)] == [
        "metrics cannot be exported",
        "metrics are exported",
        "metrics cannot be exported",
    ]


@pytest.mark.parametrize("way", ["refusing"], indirect=True)
def test_others_still_speak(backend: Backend, lines: Lines) -> None:
    """What other exporters of the application log is not kept from anybody."""
    name = "opentelemetry.exporter.otlp.proto.grpc.exporter"
    backend.exports.come(2)
    # The SDK keeps a line back that is like the last one.
    said = f"spans were lost on the way to {backend.where}"
    logging.getLogger(name).error(said)
    assert lines.of(name) == [said]
