"""The tests that all checkers share."""

from types import MappingProxyType

from dephealth_amqp import plugin
from dephealth_testing import CheckerContract


class TestContract(CheckerContract):
    plugin = plugin
    type = "amqp"
    url = "amqp://user:{secret}@{host}:{port}/orders"
    tls_url = "amqps://user:{secret}@{host}:{port}/orders"
    # The first byte tells that the rest is not worth waiting for.
    differs = MappingProxyType({"drip": "error"})
