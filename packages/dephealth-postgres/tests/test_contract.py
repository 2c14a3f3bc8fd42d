"""The tests that all checkers share."""

from dephealth_postgres import plugin
from dephealth_testing import CheckerContract


class TestContract(CheckerContract):
    plugin = plugin
    type = "postgres"
    url = "postgres://user:{secret}@{host}:{port}/db"
    # The first byte says already whether the server knows of TLS; it must be "S" or "N".
    differs = {"drip": "error"}  # noqa: RUF012  # as the contract declares it
