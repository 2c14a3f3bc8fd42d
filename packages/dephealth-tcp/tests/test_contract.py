"""The tests that all checkers share."""

from dephealth_tcp import plugin
from dephealth_testing import CheckerContract


class TestContract(CheckerContract):
    plugin = plugin
    type = "tcp"
    url = "tcp://user:{secret}@{host}:{port}"
    # Whatever follows an established connection, it was established.
    differs = dict.fromkeys(["silent", "drip", "reset", "close", "garbage"], "ok")
