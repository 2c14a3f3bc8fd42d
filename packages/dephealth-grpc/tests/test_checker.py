"""What is asked, and what the answers mean."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest
from grpc_peer import (
    BEGIN,
    END,
    SERVING,
    SETTINGS,
    data,
    headers,
    only_trailers,
    passes,
)

from dephealth import Endpoint, __version__
from dephealth_grpc import GRPCChecker
from dephealth_testing import FaultProxyFactory, Forward, Refuse

if TYPE_CHECKING:
    from conftest import Answer, Probe


def saying(message: bytes) -> bytes:
    """A whole answer with *message* in it."""
    prefixed = b"\0" + len(message).to_bytes(4, "big") + message
    return SETTINGS + BEGIN + data(prefixed) + END


async def test_request(answer: Answer) -> None:
    """A check is one call of grpc.health.v1.Health/Check, about the whole server."""
    peer = await answer()

    await passes(GRPCChecker(), peer.endpoint)

    asked = await peer.asked()
    assert asked[":method"] == "POST"
    assert asked[":scheme"] == "http"
    assert asked[":path"] == "/grpc.health.v1.Health/Check"
    assert asked[":authority"] == f"127.0.0.1:{peer.port}"
    assert asked["te"] == "trailers"
    assert asked["content-type"] == "application/grpc"
    assert asked["user-agent"].startswith(f"dephealth/{__version__} grpc-python/")
    assert asked.body == b"\0\0\0\0\0"


async def test_service_name(answer: Answer) -> None:
    """The name of a service is asked for as it is given."""
    peer = await answer()

    await passes(GRPCChecker(service_name="größe.v1.Shop"), peer.endpoint)

    assert (await peer.asked()).body == b"\0\0\0\0\x11\x0a\x0f" + "größe.v1.Shop".encode()


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (b"\x08\x01", "ok"),
        (b"\x08\x02", "grpc_not_serving"),
        (b"\x08\x00", "grpc_unknown"),
        (b"", "grpc_unknown"),
        (b"\x08\x03", "error"),
        (b"\x08\x04", "error"),
        (b"\x08", "error"),
    ],
)
async def test_serving_status(probe: Probe, answer: Answer, message: bytes, found: str) -> None:
    """What the server says of the service decides."""
    assert (await probe(GRPCChecker(), await answer(saying(message)))).detail == found


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"\x08\x02", "UnhealthyError: the server says NOT_SERVING"),
        (b"", "UnhealthyError: the server says UNKNOWN"),
        (b"\x08\x03", "CheckError: the server says SERVICE_UNKNOWN"),
        (b"\x08\x07", "CheckError: the server says status 7"),
    ],
)
async def test_reason(probe: Probe, answer: Answer, message: bytes, reason: str) -> None:
    """The log tells what the server said."""
    assert (await probe(GRPCChecker(), await answer(saying(message)))).reason == reason


@pytest.mark.parametrize("body", [b"", b"\0\0\0\0", SERVING[:-1]])
async def test_ok_without_a_message(probe: Probe, answer: Answer, body: bytes) -> None:
    """OK alone, or with half a message, is no answer."""
    found = await probe(GRPCChecker(), await answer(SETTINGS + BEGIN + data(body) + END))

    assert found.detail == "error"
    assert found.reason == "CheckError: the server answered OK without a message"


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ([("grpc-status", "16"), ("grpc-message", "s3cret")], "auth_error"),
        ([("grpc-status", "14")], "error"),
        ([("grpc-status", "4")], "timeout"),
        ([("grpc-status", "17")], "error"),
        ([("grpc-status", "zero")], "error"),
        ([("content-type", "text/html")], "error"),
    ],
)
async def test_only_trailers(
    probe: Probe, answer: Answer, pairs: list[tuple[str, str]], found: str
) -> None:
    """An answer may be headers alone."""
    peer = await answer(only_trailers((":status", "200"), *pairs))

    result = await probe(GRPCChecker(), peer)

    assert result.detail == found
    assert "s3cret" not in result.reason


@pytest.mark.parametrize(
    ("status", "found"),
    [("401", "auth_error"), ("403", "auth_error"), ("404", "error"), ("503", "error")],
)
async def test_answer_of_a_gateway(probe: Probe, answer: Answer, status: str, found: str) -> None:
    """A gateway that knows no gRPC answers with an HTTP status."""
    result = await probe(GRPCChecker(), await answer(only_trailers((":status", status))))

    assert result.detail == found


@pytest.mark.parametrize("status", ["17", "zero", "", "9" * 5000])
async def test_status_that_grpc_does_not_have(probe: Probe, answer: Answer, status: str) -> None:
    """A message counts for nothing beside a status that nobody knows."""
    end = headers(("grpc-status", status), flags=["END_HEADERS", "END_STREAM"])

    result = await probe(GRPCChecker(), await answer(SETTINGS + BEGIN + data(SERVING) + end))

    assert result.detail == "error"


async def test_grpc_status_beside_http_status(probe: Probe, answer: Answer) -> None:
    """A gateway that does know gRPC is believed in gRPC."""
    peer = await answer(only_trailers((":status", "503"), ("grpc-status", "7")))

    assert (await probe(GRPCChecker(), peer)).detail == "auth_error"


async def test_ipv6(probe: Probe, answer: Answer) -> None:
    """An IPv6 address is written in brackets in the authority."""
    peer = await answer(host="::1")

    assert (await probe(GRPCChecker(), peer)).detail == "ok"
    assert (await peer.asked())[":authority"] == f"[::1]:{peer.port}"


async def test_name_with_several_addresses(answer: Answer) -> None:
    """A name is there as soon as one of its addresses answers."""
    peer = await answer()

    await passes(GRPCChecker(), Endpoint("localhost", str(peer.port)))

    assert (await peer.asked())[":authority"] == f"localhost:{peer.port}"


_MODULES = """
import asyncio, sys
from dephealth import Endpoint, check_once
from dephealth_grpc import GRPCChecker

async def main():
    checker = GRPCChecker()
    before = set(sys.modules)
    found = await check_once(checker, Endpoint("127.0.0.1", sys.argv[1]))
    before |= {name for name in sys.modules if name.partition(".")[0] == "dephealth"}
    print(found.outcome.detail, *(set(sys.modules) - before))

asyncio.run(main())
"""


async def test_first_check_imports_nothing(answer: Answer) -> None:
    """All that a check needs of grpcio is imported when the checker is."""
    peer = await answer()
    command = (sys.executable, "-c", _MODULES, str(peer.port))

    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()

    assert output.split() == [b"ok"]


async def test_connection_of_its_own(
    probe: Probe, answer: Answer, fault_proxy: FaultProxyFactory
) -> None:
    """A server that takes no new connection is down, and up again at once when it does."""
    peer = await answer()
    proxy = fault_proxy((peer.host, peer.port))
    checker = GRPCChecker()
    details = [(await probe(checker, proxy)).detail]

    for fault in (Refuse(), Forward()):
        proxy.behave(fault)
        details.append((await probe(checker, proxy)).detail)

    assert details == ["ok", "connection_refused", "ok"]


async def test_many_at_once(answer: Answer) -> None:
    """One checker may check many times at once."""
    peer = await answer()
    checker = GRPCChecker()

    await asyncio.gather(*(passes(checker, peer.endpoint) for _ in range(50)))
