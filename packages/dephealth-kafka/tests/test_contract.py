"""The tests that all checkers share."""

from dephealth_kafka import plugin
from dephealth_testing import CheckerContract


class TestContract(CheckerContract):
    plugin = plugin
    type = "kafka"
    url = "kafka://user:{secret}@{host}:{port}"
