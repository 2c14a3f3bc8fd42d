"""Receivers of OTLP on loopback: two of our own, and an agent that passes on what it receives."""

from __future__ import annotations

import gzip
import importlib.util
import os
import queue
import socket
import subprocess
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as service
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

BOUND = 20.0

Opened = Callable[[], AbstractContextManager["Receiver"]]


@dataclass
class Receiver:
    """What has come, and where to send it."""

    url: str
    protocol: str
    accepts: bool = True
    requests: queue.Queue[ExportMetricsServiceRequest] = field(default_factory=queue.Queue)

    def take(self, request: ExportMetricsServiceRequest) -> bool:
        """Keep a request, if it is accepted."""
        if self.accepts:
            self.requests.put(request)
        return self.accepts

    def metrics(self) -> dict[str, Metric]:
        """The four metrics of the next request that has them all, by name."""
        while True:
            found = by_name(self.requests.get(timeout=BOUND))
            if len(found) == 4:
                return found


def by_name(request: ExportMetricsServiceRequest) -> dict[str, Metric]:
    """The metrics of dephealth in *request*."""
    return {
        metric.name: metric
        for resource in request.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if scope.scope.name == "dephealth_otel"
    }


@contextmanager
def grpc_receiver() -> Iterator[Receiver]:
    """A receiver over gRPC."""

    class Service(service.MetricsServiceServicer):
        def Export(  # noqa: N802  # the protocol's name
            self, request: ExportMetricsServiceRequest, context: grpc.ServicerContext
        ) -> ExportMetricsServiceResponse:
            """Take a request in."""
            if not receiver.take(request):
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "not you")
            return ExportMetricsServiceResponse()

    with ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool)
        add: Any = service.add_MetricsServiceServicer_to_server
        add(Service(), server)
        port = server.add_insecure_port("127.0.0.1:0")
        receiver = Receiver(f"http://127.0.0.1:{port}", "grpc")
        server.start()
        try:
            yield receiver
        finally:
            server.stop(0).wait(BOUND)


@contextmanager
def http_receiver() -> Iterator[Receiver]:
    """A receiver over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take a request in."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Encoding"] == "gzip":
                body = gzip.decompress(body)
            known = self.path == "/v1/metrics"
            taken = known and receiver.take(ExportMetricsServiceRequest.FromString(body))
            self.send_response(200 if taken else 403 if known else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}", "http/protobuf")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join(BOUND)


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def rotel(protocol: str) -> Opened:
    """The agent of that name, which passes everything on to a receiver of our own."""

    @contextmanager
    def open_it() -> Iterator[Receiver]:
        ports = {"grpc": free_port(), "http/protobuf": free_port()}
        spec = importlib.util.find_spec("rotel")
        assert spec is not None
        assert spec.origin is not None
        with http_receiver() as behind:
            agent = subprocess.Popen(
                [
                    str(Path(spec.origin).with_name("rotel-agent")),
                    "start",
                    f"--otlp-grpc-endpoint=127.0.0.1:{ports['grpc']}",
                    f"--otlp-http-endpoint=127.0.0.1:{ports['http/protobuf']}",
                    "--batch-timeout=100ms",
                    "--exporter=otlp",
                    f"--otlp-exporter-endpoint={behind.url}",
                    "--otlp-exporter-protocol=http",
                ],
                # It is linked with the library of the CPython that its wheel is for.
                env={**os.environ, "LD_LIBRARY_PATH": sysconfig.get_config_var("LIBDIR")},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                listening(ports[protocol], agent)
                url = f"http://127.0.0.1:{ports[protocol]}"
                yield Receiver(url, protocol, requests=behind.requests)
            finally:
                agent.terminate()
                agent.wait(BOUND)

    return open_it


def listening(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when *process* listens."""
    until = time.monotonic() + BOUND
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        else:
            return


OWN: dict[str, Opened] = {"grpc": grpc_receiver, "http": http_receiver}
RECEIVERS = OWN | (
    {"rotel-grpc": rotel("grpc"), "rotel-http": rotel("http/protobuf")}
    if importlib.util.find_spec("rotel")
    else {}
)
"""All that there are; the agent has no wheels for some platforms."""
