"""Servers that do not answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from dephealth import Endpoint, SingleCheck, check_once
from dephealth_ldap import LdapChecker
from dephealth_testing import Drip, FaultProxy, Silent, Tls, assert_nothing_left

if TYPE_CHECKING:
    from conftest import FakeDirectory
    from dephealth_testing import Certificates

TIMEOUT = 0.3
PUNCTUAL = 0.1


def in_time(check: SingleCheck) -> bool:
    return (
        check.outcome is not None
        and check.outcome.detail == "timeout"
        and TIMEOUT - 0.01 <= check.latency <= TIMEOUT + PUNCTUAL
    )


@pytest.mark.parametrize("kind", ["bindRequest", "searchRequest", "extendedReq"])
async def test_hanging_server(directory: FakeDirectory, kind: str) -> None:
    """A server that hangs at any step is a timeout, on time."""
    directory.held.add(kind)
    checker = LdapChecker(bind_dn="cn=x", bind_password="secret", start_tls=kind == "extendedReq")
    async with assert_nothing_left():
        assert in_time(await check_once(checker, directory.endpoint, TIMEOUT))
        directory.release()


@pytest.mark.parametrize("tls", [False, True])
async def test_dripping_server(
    directory: FakeDirectory, certificates: Certificates, tls: bool
) -> None:
    """A server that sends its answer byte by byte cannot stretch the timeout."""
    fault = Drip(0.1)
    context = certificates.server_context(certificates.good)
    upstream = (directory.host, directory.port)
    async with FaultProxy(upstream, Tls(context, fault) if tls else fault) as proxy:
        endpoint = Endpoint("127.0.0.1", str(proxy.port))
        checker = LdapChecker(tls=tls, tls_skip_verify=True)

        assert in_time(await check_once(checker, endpoint, TIMEOUT))


async def test_endless_answer(directory: FakeDirectory) -> None:
    """A server that finds entries without end is a timeout, on time."""
    directory.entries = 1_000_000

    assert in_time(await check_once(LdapChecker(), directory.endpoint, TIMEOUT))


@pytest.mark.parametrize("options", [{}, {"tls": True}, {"start_tls": True}])
async def test_a_thousand_checks_of_a_silent_server(options: dict[str, Any]) -> None:
    """A thousand checks of a silent server leave no thread, no task and no socket."""
    async with FaultProxy(fault=Silent()) as proxy:
        checker = LdapChecker(**options)
        endpoint = Endpoint("127.0.0.1", str(proxy.port))
        async with assert_nothing_left(within=20.0):
            for _ in range(5):
                checks = (check_once(checker, endpoint, 0.2) for _ in range(200))
                found = await asyncio.gather(*checks)
                assert {str(check.outcome and check.outcome.detail) for check in found} == {
                    "timeout"
                }
