"""The small server, over real sockets."""

from __future__ import annotations

import gzip
import http.client
import logging
import os
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from prometheus_client import CollectorRegistry, Gauge, Metric
from prometheus_client.registry import Collector

from dephealth.api import DependencyHealth
from dephealth_web import Server, serve
from dephealth_web._routes import Site

BOUND = 10.0
MOST = 16
"""Connections that the server has at the same time."""


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry with one sample."""
    registry = CollectorRegistry()
    Gauge("in_use", "Connections", registry=registry)
    return registry


@pytest.fixture
def health(registry: CollectorRegistry) -> Iterator[DependencyHealth]:
    """A running object without dependencies."""
    health = DependencyHealth("orders", "shop", exporters=[])
    health.start_sync()
    yield health
    health.stop_sync()


@pytest.fixture
def server(health: DependencyHealth, registry: CollectorRegistry) -> Iterator[Server]:
    """A server that closes connections after the usual time."""
    with serve(health, registry=registry) as server:
        yield server


class Asked(Collector):
    """Metrics for which a function is called."""

    def __init__(self, ask: Callable[[], object]) -> None:
        self.ask = ask

    def describe(self) -> list[Metric]:
        """Give none."""
        return []

    def collect(self) -> list[Metric]:
        """Call the function."""
        self.ask()
        return []


def ask(
    server: Server, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Send a request; give the status, the headers and the body of the response."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=BOUND)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def connected(server: Server, first: bytes = b"GET /metrics HTTP/1.1\r\nHost:") -> socket.socket:
    """A client that has begun a request and goes no further."""
    client = socket.create_connection(("127.0.0.1", server.port), BOUND)
    client.sendall(first)
    return client


def own_threads() -> set[threading.Thread]:
    """The threads of the server."""
    return {thread for thread in threading.enumerate() if thread.name == "dephealth-web"}


@pytest.mark.parametrize(
    "path", ["/metrics", "/health/live", "/health/ready", "/health/dependencies"]
)
def test_paths(server: Server, path: str) -> None:
    """Every page is served."""
    status, headers, body = ask(server, path)
    assert status == 200
    assert headers["Content-Length"] == str(len(body))


def test_head(server: Server) -> None:
    """HEAD gives the headers of GET, without the body."""
    _, headers, body = ask(server, "/metrics", "HEAD")
    assert body == b""
    assert int(headers["Content-Length"]) > 0


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "BREW"])
def test_other_method(server: Server, method: str) -> None:
    """Another method, whatever it is, is answered with those that there are."""
    status, headers, _ = ask(server, "/metrics", method)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


def test_other_path(server: Server) -> None:
    """Another path is not found."""
    assert ask(server, "/")[0] == 404


def test_status_page(health: DependencyHealth) -> None:
    """The page is served where it is asked for."""
    with serve(health, status_page=True) as server:
        status, headers, body = ask(server, "/")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"No dependency is declared" in body


def test_query_and_headers(server: Server) -> None:
    """The query and the headers of the request choose what is given, and how."""
    headers = {"Accept-Encoding": "gzip", "Accept": "application/openmetrics-text"}
    _, answered, body = ask(server, "/metrics?name[]=in_use", **headers)
    assert answered["Content-Type"].startswith("application/openmetrics-text")
    assert b"in_use 0.0\n# EOF\n" in gzip.decompress(body)


def test_nothing_about_the_platform(server: Server) -> None:
    """The server does not tell which Python it runs on."""
    assert ask(server, "/health/live")[1]["Server"] == "dephealth"


def test_ipv6(health: DependencyHealth) -> None:
    """It listens on an IPv6 address."""
    with serve(health, "::1") as server:
        socket.create_connection(("::1", server.port), BOUND).close()


def test_port_that_is_taken(health: DependencyHealth, server: Server) -> None:
    """A port that somebody has is an OSError at once."""
    with pytest.raises(OSError, match="in use"):
        serve(health, port=server.port)


def test_quiet(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is written about requests, good or bad."""
    ask(server, "/health/live")
    with connected(server, b"nonsense\r\n\r\n") as client:
        assert b"400" in client.recv(1000)
    assert capfd.readouterr() == ("", "")


def test_close(health: DependencyHealth, registry: CollectorRegistry) -> None:
    """A closed server has no thread, no connection and no port."""
    before = own_threads()
    server = serve(health, registry=registry)
    with connected(server) as client:
        ask(server, "/health/live")  # by now the other one is accepted
        server.close()
        assert client.recv(1) == b""
    assert own_threads() == before
    with pytest.raises(ConnectionRefusedError):
        connected(server)


def test_close_twice(health: DependencyHealth) -> None:
    """Closing a closed server does nothing."""
    server = serve(health)
    server.close()
    server.close()


def test_slow_client_does_not_delay_others(server: Server) -> None:
    """Others are answered while a client has not finished its request."""
    with connected(server):
        assert ask(server, "/health/live")[0] == 200


def test_slow_client_is_cut_off(health: DependencyHealth, registry: CollectorRegistry) -> None:
    """A client that does not finish its request is cut off, though it goes on sending."""
    server = Server(Site(health, registry, status_page=False), "127.0.0.1", 0, patience=0.3)
    with server, connected(server) as client:
        client.settimeout(0.05)
        deadline = time.monotonic() + BOUND
        while time.monotonic() < deadline:
            try:
                client.sendall(b"x")
                if client.recv(1000) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        else:
            pytest.fail("the client was never cut off")


def test_client_that_does_not_read(health: DependencyHealth) -> None:
    """A client that does not read its response is cut off."""
    registry = CollectorRegistry()
    large = Gauge("large", "More than sockets buffer", ["value"], registry=registry)
    large.labels("x" * 20_000_000)
    server = Server(Site(health, registry, status_page=False), "127.0.0.1", 0, patience=1.0)
    with server, connected(server, b"GET /metrics HTTP/1.1\r\n\r\n") as client:
        assert client.recv(10) == b"HTTP/1.0 2"
        (answering,) = own_threads() - {server._thread}
        answering.join(BOUND)
        assert not answering.is_alive()


def test_many_slow_clients(server: Server) -> None:
    """However many slow clients there are, a new one is answered by a bounded number of threads."""
    with ExitStack() as stack:
        for _ in range(MOST * 3):
            stack.enter_context(connected(server))
        assert ask(server, "/health/live")[0] == 200
        assert len(own_threads()) <= MOST + 2


def test_requests_that_do_not_end(health: DependencyHealth) -> None:
    """When all threads are busy with what cannot be cut off, a new client is turned away."""
    registry, go_on = CollectorRegistry(), threading.Event()
    begun = threading.Semaphore(0)

    def hang() -> None:
        begun.release()
        assert go_on.wait(BOUND)

    registry.register(Asked(hang))
    with serve(health, registry=registry) as server, ExitStack() as stack:
        for _ in range(MOST):
            stack.enter_context(connected(server, b"GET /metrics HTTP/1.1\r\n\r\n"))
            assert begun.acquire(timeout=BOUND)
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            ask(server, "/health/live")
        assert len(own_threads()) == MOST + 1
        go_on.set()
    assert own_threads() == set()


def test_failing_metrics(health: DependencyHealth, caplog: pytest.LogCaptureFixture) -> None:
    """Metrics that fail are an internal error for the client, told in the log."""
    registry = CollectorRegistry()
    registry.register(Asked(lambda: 1 / 0))
    with serve(health, registry=registry) as server:
        assert ask(server, "/metrics")[0] == 500
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("dephealth", logging.ERROR)
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_client_that_has_gone(health: DependencyHealth, caplog: pytest.LogCaptureFixture) -> None:
    """A client that goes away before it is answered is nothing to tell of."""
    registry, gone, asked = CollectorRegistry(), threading.Event(), threading.Event()

    def wait() -> None:
        asked.set()
        assert gone.wait(BOUND)

    registry.register(Asked(wait))
    Gauge("large", "More than one packet", ["x"], registry=registry).labels("x" * 5_000_000)
    with serve(health, registry=registry) as server:
        client = connected(server, b"GET /metrics HTTP/1.1\r\n\r\n")
        assert asked.wait(BOUND)
        # With nothing to linger for, close is a reset.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        gone.set()
    assert caplog.records == []


def test_no_descriptors(server: Server) -> None:
    """Without a free descriptor the server does not spin, and answers once there is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as client:
        free = os.dup(client.fileno())
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
        try:
            client.connect(("127.0.0.1", server.port))
            client.sendall(b"GET /health/live HTTP/1.1\r\n\r\n")
            client.settimeout(0.4)
            busy = time.process_time()
            with pytest.raises(TimeoutError):
                client.recv(1)
            assert time.process_time() - busy < 0.2
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        client.settimeout(BOUND)
        assert client.recv(12) == b"HTTP/1.0 200"
