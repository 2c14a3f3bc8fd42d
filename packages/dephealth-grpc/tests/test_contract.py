"""The tests that all checkers share."""

from dephealth_grpc import plugin
from dephealth_testing import CheckerContract


class TestContract(CheckerContract):
    plugin = plugin
    type = "grpc"
    url = "grpc://user:{secret}@{host}:{port}"
    tls_url = "grpcs://user:{secret}@{host}:{port}"
