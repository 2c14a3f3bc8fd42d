"""What is particular to TCP."""

import socket

import pytest

from dephealth import ConfigurationError, Endpoint, check_once
from dephealth.api import tcp_check
from dephealth_tcp import TCPChecker
from dephealth_testing import FaultProxy, Refuse


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_established_connection_is_ok(host: str) -> None:
    """A port that accepts is available, over IPv4 as over IPv6."""
    async with FaultProxy(host=host) as server:
        check = await check_once(TCPChecker(), Endpoint(host, str(server.port)))

    assert check.outcome is not None
    assert check.outcome.detail == "ok"


async def test_one_address_that_accepts_is_enough() -> None:
    """A name with several addresses is available if any of them accepts."""
    async with FaultProxy(host="127.0.0.1") as server:
        # localhost is ::1 as well, where nobody listens on that port.
        check = await check_once(TCPChecker(), Endpoint("localhost", str(server.port)))

    assert check.outcome is not None
    assert check.outcome.detail == "ok"


async def test_refusal_at_all_addresses_is_a_refusal() -> None:
    """A name whose every address refuses is a refused connection."""
    async with FaultProxy(fault=Refuse()) as server:
        check = await check_once(TCPChecker(), Endpoint("localhost", str(server.port)))

    assert check.outcome is not None
    assert check.outcome.detail == "connection_refused"


async def test_connection_is_closed() -> None:
    """The server sees the end of the connection right after the check."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        await check_once(TCPChecker(), Endpoint("127.0.0.1", str(port)))
        connection, _ = server.accept()
        with connection:
            connection.settimeout(2.0)
            assert connection.recv(1) == b""


def test_port_has_no_default() -> None:
    """An address without a port is an error that says so."""
    with pytest.raises(ConfigurationError, match="port"):
        tcp_check("a", url="tcp://somewhere", critical=True)
