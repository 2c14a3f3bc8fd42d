"""The tests that all checkers share."""

from typing import ClassVar

from dephealth_redis import plugin
from dephealth_testing import CheckerContract


class TestContract(CheckerContract):
    plugin = plugin
    type = "redis"
    url = "redis://user:{secret}@{host}:{port}/2"
    tls_url = "rediss://user:{secret}@{host}:{port}/2"
    # hiredis, where it is installed, knows from the first byte that it is none of its protocol.
    differs: ClassVar = {"drip": frozenset({"timeout", "error"})}
