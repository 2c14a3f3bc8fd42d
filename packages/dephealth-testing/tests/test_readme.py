"""What the README shows, run."""

from __future__ import annotations

import re
import socket
import ssl
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import dephealth_testing

if TYPE_CHECKING:
    from dephealth_testing import Certificates, FaultProxyFactory

README = (Path(__file__).parents[1] / "README.md").read_text()


def shown(name: str) -> dict[str, Any]:
    """Run the example that defines *name*, and give what it defines."""
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (block,) = (block for block in blocks if f"{name}(" in block)
    namespace: dict[str, Any] = {}
    exec(block, namespace)
    return namespace


@pytest.mark.parametrize("name", dephealth_testing.__all__)
def test_public_names_are_documented(name: str) -> None:
    """What the package offers stands in its README."""
    assert f"`{name}" in README


def test_a_server_that_goes_away(fault_proxy: FaultProxyFactory) -> None:
    """The first example passes."""
    shown("test_a_server_that_goes_away")["test_a_server_that_goes_away"](fault_proxy)


def test_an_expired_certificate(fault_proxy: FaultProxyFactory, certificates: Certificates) -> None:
    """The second example passes."""
    shown("test_an_expired_certificate")["test_an_expired_certificate"](fault_proxy, certificates)


def test_contract_before_a_server(fault_proxy: FaultProxyFactory) -> None:
    """The contract before a server passes."""
    contract = shown("TestBeforeItsServer")["TestBeforeItsServer"]()
    server = fault_proxy()
    contract.test_server_that_comes_back((server.host, server.port))


def test_a_day_of_failures() -> None:
    """The example in virtual time passes, and takes less than a few seconds."""
    began = time.monotonic()
    shown("test_a_day_of_failures")["test_a_day_of_failures"]()
    assert time.monotonic() - began < 5.0


def test_what_the_plugin_registers() -> None:
    """The example of a registry passes."""
    shown("test_what_the_plugin_registers")["test_what_the_plugin_registers"]()


def test_fault_of_ones_own(certificates: Certificates, fault_proxy: FaultProxyFactory) -> None:
    """The fault that it writes begins TLS as PostgreSQL does."""
    context = certificates.server_context(certificates.expired)
    proxy = fault_proxy(fault=shown("AskedForTls")["AskedForTls"](context))
    with socket.create_connection((proxy.host, proxy.port), 10) as sock:
        sock.sendall(bytes.fromhex("0000000804d2162f"))
        assert sock.recv(1) == b"S"
        with pytest.raises(ssl.SSLCertVerificationError):
            certificates.client_context().wrap_socket(sock, server_hostname="localhost")
