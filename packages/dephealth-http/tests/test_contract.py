"""The tests that all checkers share."""

from dephealth_http import plugin
from dephealth_testing import CheckerContract


class TestContract(CheckerContract):
    plugin = plugin
    type = "http"
    url = "http://user:{secret}@{host}:{port}"
    tls_url = "https://user:{secret}@{host}:{port}"
