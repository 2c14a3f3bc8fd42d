"""What is particular to AMQP."""

import asyncio
import inspect
import itertools
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import aiormq
import pamqp.exceptions
import pytest
from aiormq.connection import FrameReceiver
from pamqp import commands, frame
from pamqp.base import Frame

from dephealth import CONNECTION_RESET, Endpoint, SingleCheck, check_once, lookup
from dephealth.api import amqp_check
from dephealth_amqp import AMQPChecker
from dephealth_testing import (
    Certificates,
    Close,
    Fault,
    FaultProxy,
    Garbage,
    Refuse,
    Reset,
    Tls,
    assert_nothing_left,
)

HEADER = 8
Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def broker(*answers: Frame) -> AsyncIterator[Endpoint]:
    """A broker that answers the header, and then each frame, with what it is given."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for turn, answer in enumerate(answers):
            await (reader.readexactly(HEADER) if turn == 0 else reader.read(4096))
            writer.write(frame.marshal(answer, 0))
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield Endpoint(host, str(port))


async def check(endpoint: Endpoint, checker: AMQPChecker | None = None) -> SingleCheck:
    return await check_once(checker or AMQPChecker(), endpoint, 2.0)


START = commands.Connection.Start(mechanisms="PLAIN")


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        (403, "auth_error"),
        (530, "auth_error"),
        (320, "unhealthy"),
        (541, "unhealthy"),
        (501, "error"),
    ],
)
async def test_reason_for_closing_is_told(code: int, detail: str) -> None:
    """The code with which a broker closes decides what the check comes to."""
    close = commands.Connection.Close(code, "because", 0, 0)
    async with broker(START, close) as endpoint:
        found = await check(endpoint)

    assert found.outcome is not None
    assert found.outcome.detail == detail
    assert found.expected
    assert "because" in found.reason


async def test_cancelled_at_any_step() -> None:
    """A check that is cancelled, wherever it is, leaves no socket and no task."""
    tune = commands.Connection.Tune(channel_max=1, frame_max=4096, heartbeat=0)
    answers = {
        commands.Connection.StartOk: tune,
        commands.Connection.Open: commands.Connection.OpenOk(),
        commands.Connection.Close: commands.Connection.CloseOk(),
    }

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = b""
        with suppress(asyncio.IncompleteReadError, OSError):
            await reader.readexactly(HEADER)
            writer.write(frame.marshal(START, 0))
            while data := await reader.read(4096):
                said += data
                while said:
                    length, _, asked = frame.unmarshal(said)
                    said = said[length:]
                    if type(asked) in answers:
                        writer.write(frame.marshal(answers[type(asked)], 0))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with server, assert_nothing_left(within=2.0):
        for steps in itertools.count():
            checking = asyncio.create_task(check(Endpoint(host, str(port))))
            for _ in range(steps):
                await asyncio.sleep(0)
            if checking.done():
                break
            checking.cancel()
            await asyncio.wait([checking])
    assert steps > 20


async def test_no_common_way_to_log_in_is_an_auth_error() -> None:
    """A broker that wants another kind of credentials lets nobody in."""
    async with broker(commands.Connection.Start(mechanisms="KERBEROS")) as endpoint:
        found = await check(endpoint)

    assert found.outcome is not None
    assert found.outcome.detail == "auth_error"


@pytest.mark.parametrize(
    "data", [b"AMQP\x00\x00\x09\x01", b"\x01\x00\x00\xff\xff\xff\xff"], ids=["version", "huge"]
)
async def test_what_is_no_frame_is_an_error(data: bytes) -> None:
    """Another version of the protocol, or a frame of 4 GiB, is not waited for."""
    async with FaultProxy(fault=Garbage(data)) as server:
        found = await check(Endpoint(server.host, str(server.port)))

    assert found.outcome is not None
    assert (found.outcome.detail, found.expected) == ("error", True)


async def test_refusal_at_all_addresses_is_a_refusal() -> None:
    """A name whose every address refuses is a refused connection."""
    async with FaultProxy(fault=Refuse()) as server:
        found = await check(Endpoint("localhost", str(server.port)))

    assert found.outcome is not None
    assert found.outcome.detail == "connection_refused"


@pytest.mark.parametrize(
    ("url", "vhost"),
    [
        ("amqp://h", "/"),
        ("amqp://h/", "/"),
        ("amqp://h/%2F", "/"),
        ("amqp://h/orders", "orders"),
        ("amqp://h/a%2Fb", "a/b"),
    ],
)
def test_path_is_the_virtual_host(url: str, vhost: str) -> None:
    """The URL's path names the virtual host, decoded once."""
    checker = amqp_check("broker", url=url, critical=True).checker
    assert isinstance(checker, AMQPChecker)
    assert checker.vhost == vhost


def test_virtual_host_given_beats_the_url() -> None:
    """An explicit virtual host wins over the path."""
    checker = amqp_check("broker", url="amqp://h/a", vhost="b", critical=True).checker
    assert isinstance(checker, AMQPChecker)
    assert checker.vhost == "b"


def test_scheme_switches_tls_on(certificates: Certificates) -> None:
    """An `amqps` URL means TLS, on its own port."""
    dependency = amqp_check(
        "broker", url="amqps://h", tls_ca_file=str(certificates.authority), critical=True
    )
    assert isinstance(dependency.checker, AMQPChecker)
    assert dependency.checker.tls
    assert dependency.endpoints[0].port == "5671"


async def test_log_of_the_driver_is_quiet_in_checks_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Aiormq's own lines about a check are dropped, those of the application are not."""
    async with FaultProxy(fault=Refuse()) as server:
        await check(Endpoint(server.host, str(server.port)))
        assert caplog.records == []
        with pytest.raises(aiormq.AMQPConnectionError):
            await aiormq.connect(f"amqp://{server.host}:{server.port}")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


@pytest.mark.parametrize("module", [aiormq.exceptions, pamqp.exceptions])
def test_every_error_of_the_driver_has_a_meaning(module: object) -> None:
    """No class of the driver is left to be unexpected."""
    for name, kind in inspect.getmembers(module, inspect.isclass):
        if issubclass(kind, Exception) and kind.__module__ == getattr(module, "__name__", ""):
            assert AMQPChecker().classify(kind.__new__(kind)) is not None, name


@pytest.mark.parametrize("end", [Close(), Reset()])
@pytest.mark.parametrize(("asks", "expected"), [(True, "tls_error"), (False, "connection_reset")])
async def test_end_after_the_tls_handshake(
    certificates: Certificates, end: Fault, asks: bool, expected: str
) -> None:
    """A broker that ends without a word is a TLS error if it had asked for a certificate."""
    context = certificates.server_context(certificates.good, require_client=asks)
    context.verify_mode = ssl.CERT_OPTIONAL if asks else ssl.CERT_NONE
    checker = AMQPChecker(tls=True, tls_ca_file=str(certificates.authority))
    async with FaultProxy(fault=Tls(context, end)) as proxy:
        found = await check(Endpoint(proxy.host, str(proxy.port)), checker)

    assert found.outcome is not None
    assert found.outcome.detail == expected
    assert found.expected


async def test_tables_in_tables_are_an_error() -> None:
    """Tables nested deeper than the driver can follow are an error that is known."""
    table = b""
    for _ in range(3000):
        table = b"\x01aF" + len(table).to_bytes(4, "big") + table
    payload = b"\0\x0a\0\x0a\0\x09" + len(table).to_bytes(4, "big") + table + bytes(8)
    start = b"\x01\0\0" + len(payload).to_bytes(4, "big") + payload + b"\xce"
    async with FaultProxy(fault=Garbage(start)) as server:
        found = await check(Endpoint(server.host, str(server.port)))

    assert found.outcome is not None
    assert (found.outcome.detail, found.expected) == ("error", True)


async def test_broker_that_was_quicker_to_close() -> None:
    """An end that is there before a frame is waited for is a connection that was cut."""
    reader = asyncio.StreamReader()
    reader.feed_eof()
    with pytest.raises(StopAsyncIteration) as caught:
        await FrameReceiver(reader).get_frame()
    assert lookup(AMQPChecker.errors, caught.value) == CONNECTION_RESET
