"""What every result code and every exception of ldap3 means."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import ldap3
import pytest
from ldap3.core import exceptions, results

from dephealth import Endpoint, check_once
from dephealth_ldap import LdapChecker
from dephealth_ldap._results import failure

if TYPE_CHECKING:
    from conftest import Check, FakeDirectory


MEANING = {
    "success": "ok",
    "sizeLimitExceeded": "ok",
    "timeLimitExceeded": "timeout",
    "strongerAuthRequired": "auth_error",
    "confidentialityRequired": "auth_error",
    "inappropriateAuthentication": "auth_error",
    "invalidCredentials": "auth_error",
    "insufficientAccessRights": "auth_error",
    "authorizationDenied": "auth_error",
    "busy": "unhealthy",
    "unavailable": "unhealthy",
    "unwillingToPerform": "unhealthy",
    **dict.fromkeys(
        [
            "operationsError",
            "protocolError",
            "compareFalse",
            "compareTrue",
            "authMethodNotSupported",
            "reserved",
            "referral",
            "adminLimitExceeded",
            "unavailableCriticalExtension",
            "saslBindInProgress",
            "noSuchAttribute",
            "undefinedAttributeType",
            "inappropriateMatching",
            "constraintViolation",
            "attributeOrValueExists",
            "invalidAttributeSyntax",
            "noSuchObject",
            "aliasProblem",
            "invalidDNSyntax",
            "aliasDereferencingProblem",
            "loopDetected",
            "namingViolation",
            "objectClassViolation",
            "notAllowedOnNonLeaf",
            "notAllowedOnRDN",
            "entryAlreadyExists",
            "objectClassModsProhibited",
            "affectMultipleDSAs",
            "other",
            "lcupResourcesExhausted",
            "lcupSecurityViolation",
            "lcupInvalidData",
            "lcupUnsupportedScheme",
            "lcupReloadRequired",
            "canceled",
            "noSuchOperation",
            "tooLate",
            "cannotCancel",
            "assertionFailed",
            "e-syncRefreshRequired",
        ],
        "error",
    ),
}
EXCEPTIONS = [
    found
    for _, found in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(found, exceptions.LDAPException)
]


def test_every_code_is_known() -> None:
    """The table below has every result code of the driver, and none more."""
    assert MEANING.keys() == set(results.RESULT_CODES.values())
    assert {*exceptions.exception_table} <= {*results.RESULT_CODES}


@pytest.mark.parametrize("code", results.RESULT_CODES)
async def test_every_code(check: Check, directory: FakeDirectory, code: int) -> None:
    """Each result code of a search means what the table says."""
    directory.replies["searchRequest"] = lambda number: plain_result(number, code)

    assert await check() == MEANING[results.RESULT_CODES[code]]


async def test_unknown_code(check: Check, directory: FakeDirectory) -> None:
    """A code that nobody knows is an error."""
    directory.replies["searchRequest"] = lambda number: plain_result(number, 77)

    assert await check() == "error"


async def test_more_than_asked_for_is_a_failure_of_a_bind(
    check: Check, directory: FakeDirectory
) -> None:
    """Only a search may find more than it was asked for."""
    directory.codes["bindRequest"] = 4

    assert await check(check_method="anonymous_bind") == "error"


def test_text_of_the_server() -> None:
    """The reason has what the server says to it, and not all of an endless text."""
    assert str(failure("bind", 51, "come back later")) == "bind: busy (51): come back later"
    assert len(str(failure("bind", 51, "x" * 100_000))) < 300


def plain_result(number: int, code: int) -> bytes:
    """An answer to a search, with a code that ldap3 may not know how to encode."""
    encoded = code.to_bytes(code.bit_length() // 8 + 1, "big")
    content = bytes((0x0A, len(encoded))) + encoded + b"\x04\0\x04\0"
    tail = bytes((0x65, len(content))) + content
    head = number.to_bytes(number.bit_length() // 8 + 1, "big")
    content = bytes((0x02, len(head))) + head + tail
    return bytes((0x30, len(content))) + content


class BrokenTls(ldap3.Tls):  # type: ignore[misc]
    """What an application configures wrongly."""

    failure: type[Exception]

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        raise self.failure("some text")


@pytest.mark.parametrize("found", EXCEPTIONS)
async def test_every_exception(directory: FakeDirectory, found: type[Exception]) -> None:
    """Where ldap3 sets TLS up for us, whatever it raises is a TLS error."""
    tls = BrokenTls()
    tls.failure = found
    server = ldap3.Server(directory.host, directory.port, use_ssl=True, tls=tls)
    client = ldap3.Connection(server, lazy=True)
    client.open()

    check = await check_once(
        LdapChecker(client=client, check_method="anonymous_bind"), Endpoint("h", "1")
    )

    assert check.outcome is not None
    assert check.outcome.detail == "tls_error"
    assert check.expected
