"""Who the small server answers, and how: TLS, basic authentication, its last requests."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector

from dephealth.api import DependencyHealth
from dephealth_testing import Certificates
from dephealth_web import Server, serve

BOUND = 10.0
LOGIN = ("prometheus", "p\u00e4ss:word")


@pytest.fixture
def health() -> Iterator[DependencyHealth]:
    """A running object without dependencies."""
    health = DependencyHealth("orders", "shop", exporters=[])
    health.start_sync()
    yield health
    health.stop_sync()


@pytest.fixture
def context(certificates: Certificates) -> ssl.SSLContext:
    """What the server speaks TLS with."""
    return certificates.server_context(certificates.good)


@pytest.fixture
def trust(certificates: Certificates) -> ssl.SSLContext:
    """What a client speaks TLS with."""
    return certificates.client_context()


def status(server: Server, **headers: str) -> int:
    """The status of the answer to a request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=BOUND)
    connection.request("GET", "/health/live", headers=headers)
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def test_right_login(health: DependencyHealth) -> None:
    """Who has the user and password is answered."""
    with serve(health, basic_auth=LOGIN) as server:
        assert status(server, Authorization=basic(":".join(LOGIN))) == 200
        assert status(server, Authorization=basic(":".join(LOGIN)).replace("B", "b", 1)) == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic nonsense",
        "Basic \u00e4",
        f"Bearer {basic(':'.join(LOGIN))[6:]}",
        basic("prometheus:"),
        basic("prometheus:wrong"),
        basic("p\u00e4ss:word"),
    ],
)
def test_wrong_login(health: DependencyHealth, header: str) -> None:
    """Who has not is asked for it, whatever is asked."""
    with serve(health, basic_auth=LOGIN) as server:
        assert status(server, Authorization=header) == 401


def test_challenge(health: DependencyHealth) -> None:
    """The refusal tells a browser to ask for user and password."""
    with serve(health, basic_auth=LOGIN) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=BOUND)
        connection.request("GET", "/metrics")
        response = connection.getresponse()
        assert response.getheader("WWW-Authenticate") == 'Basic realm="dephealth", charset="UTF-8"'
        assert response.read() == b""
        connection.close()


def test_tls(health: DependencyHealth, context: ssl.SSLContext, trust: ssl.SSLContext) -> None:
    """With a certificate the server speaks TLS."""
    with serve(health, ssl_context=context) as server:
        connection = http.client.HTTPSConnection(
            "localhost", server.port, context=trust, timeout=BOUND
        )
        connection.request("GET", "/health/live")
        assert connection.getresponse().status == 200
        connection.close()


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff", b""])
def test_no_tls(
    health: DependencyHealth,
    context: ssl.SSLContext,
    caplog: pytest.LogCaptureFixture,
    first: bytes,
) -> None:
    """A client that speaks no TLS is cut off without a line in the log, and harms nobody."""
    with serve(health, ssl_context=context) as server:
        with socket.create_connection(("127.0.0.1", server.port), BOUND) as client:
            client.sendall(first)
            client.shutdown(socket.SHUT_WR)
            assert b"HTTP" not in client.recv(1000)
        with socket.create_connection(("127.0.0.1", server.port), BOUND):
            assert caplog.records == []


def test_client_that_stays_in_the_handshake(
    health: DependencyHealth, context: ssl.SSLContext
) -> None:
    """A client that says nothing is cut off with the server, and its thread ends."""
    before = {thread for thread in threading.enumerate() if thread.name == "dephealth-web"}
    server = serve(health, ssl_context=context)
    with socket.create_connection(("127.0.0.1", server.port), BOUND) as client:
        while len({t for t in threading.enumerate() if t.name == "dephealth-web"} - before) < 2:
            threading.Event().wait(0.01)
        server.close()
        assert client.recv(1) == b""
    assert {t for t in threading.enumerate() if t.name == "dephealth-web"} == before


class Slow(Collector):
    """Metrics that take until they are let go."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.go_on = threading.Event()

    def describe(self) -> list[Metric]:
        """Give none."""
        return []

    def collect(self) -> list[Metric]:
        """Wait."""
        self.asked.set()
        assert self.go_on.wait(BOUND)
        return []


def test_drain(health: DependencyHealth) -> None:
    """Who is being answered when the server closes gets the answer, within its patience."""
    registry, slow = CollectorRegistry(), Slow()
    registry.register(slow)
    server = serve(health, registry=registry)
    with socket.create_connection(("127.0.0.1", server.port), BOUND) as client:
        client.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert slow.asked.wait(BOUND)
        closing = threading.Thread(target=server.close, args=(BOUND,))
        closing.start()
        while True:  # until nobody is let in any more
            try:
                socket.create_connection(("127.0.0.1", server.port), BOUND).close()
            except ConnectionRefusedError:
                break
            except ConnectionResetError:  # it had not been let in yet
                continue
            closing.join(0.05)  # too many clients at once would cut the first one off
        slow.go_on.set()
        assert client.recv(12) == b"HTTP/1.0 200"
        closing.join(BOUND)
        assert not closing.is_alive()
