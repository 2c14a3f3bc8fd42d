"""The gRPC checker against gRPC's own server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import grpc
import psutil
import pytest

from dephealth import Endpoint, SingleCheck, check_once
from dephealth.api import DependencyHealth, GRPCChecker, grpc_check
from dephealth_testing import assert_nothing_left
from private_servers import Certificates
from private_servers.grpc_health import GRPCHealthServer
from waiting import detail_becomes, first_results

_EXPECTED = {
    grpc.StatusCode.UNAUTHENTICATED: "auth_error",
    grpc.StatusCode.PERMISSION_DENIED: "auth_error",
    grpc.StatusCode.DEADLINE_EXCEEDED: "timeout",
}
_FAILURES = [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK]
_MOST_TIMES_THE_DRIVER = 1.1


@pytest.fixture(scope="module")
def shared(certificates: Certificates) -> Iterator[GRPCHealthServer]:
    """The one server of this module."""
    with GRPCHealthServer(certificates=certificates) as server:
        yield server


@pytest.fixture
def server(shared: GRPCHealthServer) -> Iterator[GRPCHealthServer]:
    """A running server whose state is SERVING."""
    if not shared.running:
        shared.start()
    shared.say("SERVING")
    yield shared
    if shared.running:
        shared.resume()


async def checked(checker: Any, port: int, host: str = "127.0.0.1", timeout: float = 5.0) -> str:
    """The detail that a check comes to; nothing that it raises may be a surprise."""
    return told(await check_once(checker, Endpoint(host, str(port)), timeout))


def told(check: SingleCheck) -> str:
    """The detail of a check that came to one."""
    assert check.expected, check.reason
    assert check.outcome is not None, check.reason
    return check.outcome.detail


@pytest.mark.parametrize(
    ("state", "detail"),
    [("SERVING", "ok"), ("NOT_SERVING", "grpc_not_serving"), ("UNKNOWN", "grpc_unknown")],
)
@pytest.mark.parametrize("service", ["", "shop.v1.Catalog"])
async def test_states(server: GRPCHealthServer, service: str, state: str, detail: str) -> None:
    """What the server says of a service, or of itself, is what the check finds."""
    server.say(state, service)

    assert await checked(GRPCChecker(service_name=service), server.port) == detail


async def test_unknown_service(server: GRPCHealthServer) -> None:
    """A service that the server does not know is an error."""
    assert await checked(GRPCChecker(service_name="nothing"), server.port) == "error"


@pytest.mark.parametrize("code", _FAILURES, ids=lambda code: code.name)
async def test_status_codes(server: GRPCHealthServer, code: grpc.StatusCode) -> None:
    """Each status that a call can end with has its meaning."""
    detail = await checked(GRPCChecker(service_name=f"={code.name}"), server.port)

    assert detail == _EXPECTED.get(code, "error")


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        ({"bearer_token": GRPCHealthServer.token}, "ok"),
        ({"metadata": {"Authorization": f"Bearer {GRPCHealthServer.token}"}}, "ok"),
        ({"bearer_token": "another"}, "auth_error"),
        ({"basic_auth": ("me", "p")}, "auth_error"),
        ({}, "auth_error"),
    ],
)
async def test_authorization(
    server: GRPCHealthServer, options: dict[str, Any], detail: str
) -> None:
    """A server that demands metadata gets it, or tells that it is missing or wrong."""
    assert await checked(GRPCChecker(**options), server.guarded_port) == detail


async def test_secret_that_the_server_repeats(server: GRPCHealthServer) -> None:
    """What a server says of a secret is not told on."""
    checker = GRPCChecker(bearer_token="an0ther")
    check = await check_once(checker, Endpoint(server.host, str(server.guarded_port)))

    assert check.reason == "CheckAuthError: the server answered PERMISSION_DENIED"


async def test_all_addresses(server: GRPCHealthServer) -> None:
    """IPv4, IPv6 and names work, with TLS or without."""
    secure = GRPCChecker(tls=True, tls_ca_file=str(server.certificates.ca_file))
    for host in [*server.hosts, "localhost"]:
        assert await checked(GRPCChecker(), server.port, host) == "ok"
        assert await checked(secure, server.tls_port, host) == "ok"


async def test_certificate_of_nobody_known(server: GRPCHealthServer) -> None:
    """A certificate of an unknown authority is a TLS error, unless nothing is verified."""
    assert await checked(GRPCChecker(tls=True), server.tls_port) == "tls_error"
    skipping = GRPCChecker(tls=True, tls_skip_verify=True)
    assert await checked(skipping, server.tls_port) == "ok"


async def test_authority(server: GRPCHealthServer) -> None:
    """The authority is the name that the certificate must have."""
    trust: dict[str, Any] = {"tls": True, "tls_ca_file": str(server.certificates.ca_file)}

    assert await checked(GRPCChecker(**trust, authority="localhost:1"), server.tls_port) == "ok"
    wrong = GRPCChecker(**trust, authority="elsewhere.example")
    assert await checked(wrong, server.tls_port) == "tls_error"


async def test_client_certificate(server: GRPCHealthServer) -> None:
    """A server that demands a client certificate gets it."""
    checker = GRPCChecker(
        tls=True,
        tls_ca_file=str(server.certificates.ca_file),
        tls_cert_file=str(server.certificates.client_certificate),
        tls_key_file=str(server.certificates.client_key),
    )

    assert await checked(checker, server.mtls_port) == "ok"


async def test_missing_client_certificate(server: GRPCHealthServer) -> None:
    """A server that demands a client certificate and gets none is a TLS error each time."""
    checker = GRPCChecker(tls=True, tls_ca_file=str(server.certificates.ca_file))

    assert {await checked(checker, server.mtls_port) for _ in range(50)} == {"tls_error"}


async def test_tls_to_a_port_without(server: GRPCHealthServer) -> None:
    """Where no TLS is spoken, TLS is the error."""
    assert await checked(GRPCChecker(tls=True), server.port) == "tls_error"


async def test_no_tls_to_a_port_with(server: GRPCHealthServer) -> None:
    """A port that demands TLS hangs up on plaintext."""
    assert await checked(GRPCChecker(), server.tls_port) in {"connection_reset", "error"}


async def test_stopped_server(server: GRPCHealthServer) -> None:
    """A server that is stopped refuses, and is there again with its first check after."""
    checker = GRPCChecker()
    assert await checked(checker, server.port) == "ok"
    server.stop()
    assert await checked(checker, server.port) == "connection_refused"
    server.start()
    assert await checked(checker, server.port) == "ok"


async def test_hanging_server(server: GRPCHealthServer) -> None:
    """A server that hangs is a timeout on time, and there again when it goes on."""
    server.pause()
    check = await check_once(GRPCChecker(), Endpoint(server.host, str(server.port)), 0.5)
    assert told(check) == "timeout"
    assert check.latency < 0.6
    server.resume()
    assert await checked(GRPCChecker(), server.port) == "ok"


@pytest.mark.parametrize("mode", ["plain", "tls"])
async def test_nothing_is_left(server: GRPCHealthServer, mode: str) -> None:
    """Many checks leave nothing here, nor in the server."""
    tls = mode == "tls"
    checker = GRPCChecker(tls=tls, tls_ca_file=str(server.certificates.ca_file))
    port = server.tls_port if tls else server.port
    assert await checked(checker, port) == "ok"
    process = psutil.Process(server.pid)
    before = process.num_fds()

    async with assert_nothing_left():
        for _ in range(200):
            assert await checked(checker, port) == "ok"

    server_holds = process.num_fds()
    assert server_holds <= before + 5, f"{before} descriptors became {server_holds}"


async def test_watched(server: GRPCHealthServer) -> None:
    """A service that stops serving is seen at the next check, and so is its return."""
    key = f"shop:{server.host}:{server.port}"
    dependency = grpc_check(
        "shop", url=f"grpc://{server.host}:{server.port}", interval=1, timeout=0.5, critical=True
    )
    health = DependencyHealth("tests", "tests", dependency, exporters=[])
    await health.start()
    await first_results(health)
    for state, detail in [("NOT_SERVING", "grpc_not_serving"), ("SERVING", "ok")]:
        server.say(state)
        await detail_becomes(health, key, detail, within=3.0)
    await health.stop()


_COST = """
import asyncio, sys, time
import grpc
from dephealth import Endpoint
from dephealth_grpc import GRPCChecker

host, port = sys.argv[1:]
checker, endpoint = GRPCChecker(), Endpoint(host, port)
options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]

async def theirs():
    async with grpc.aio.insecure_channel(f"{host}:{port}", options=options) as channel:
        await channel.unary_unary("/grpc.health.v1.Health/Check")(b"")

async def cost(once):
    begun = time.process_time()
    for _ in range(100):
        await once()
    return time.process_time() - begun

async def main():
    ours = lambda: checker.check(endpoint)
    ratios = []
    for _ in range(5):
        ratios.append(await cost(ours) / await cost(theirs))
    print(sorted(ratios)[2])

asyncio.run(main())
"""


def test_cost(server: GRPCHealthServer) -> None:
    """A check takes no more CPU time than grpcio's new channel, call and close."""
    command = [sys.executable, "-c", _COST, server.host, str(server.port)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)

    assert float(done.stdout) <= _MOST_TIMES_THE_DRIVER
