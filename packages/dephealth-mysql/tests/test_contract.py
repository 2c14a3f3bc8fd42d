"""The tests that all checkers share."""

from dephealth_mysql import plugin
from dephealth_testing import CheckerContract


class TestContract(CheckerContract):
    plugin = plugin
    type = "mysql"
    url = "mysql://user:{secret}@{host}:{port}/db"
