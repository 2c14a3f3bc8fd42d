"""The tests that all checkers share."""

import pytest

from dephealth_tcp import plugin
from dephealth_testing import CheckerContract, FaultProxyFactory, ServerContract


class TestContract(CheckerContract):
    plugin = plugin
    type = "tcp"
    url = "tcp://user:{secret}@{host}:{port}"
    # Whatever follows an established connection, it was established.
    differs = dict.fromkeys(["silent", "drip", "reset", "close", "garbage"], "ok")


class TestServerContract(ServerContract):
    plugin = plugin
    type = "tcp"
    url = "tcp://{host}:{port}"
    differs = dict.fromkeys(["cut", "late", "dripping"], "ok")

    @pytest.fixture
    def server(self, fault_proxy: FaultProxyFactory) -> tuple[str, int]:
        """A server that accepts."""
        server = fault_proxy()
        return server.host, server.port
