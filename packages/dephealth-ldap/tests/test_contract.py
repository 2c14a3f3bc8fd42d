"""The tests that all checkers share."""

from typing import ClassVar

from dephealth_ldap import plugin
from dephealth_testing import CheckerContract


class TestContract(CheckerContract):
    plugin = plugin
    type = "ldap"
    url = "ldap://cn=app:{secret}@{host}:{port}"
    tls_url = "ldaps://cn=app:{secret}@{host}:{port}"
    # The first byte tells that it is none of its protocol.
    differs: ClassVar = {"drip": "error"}
