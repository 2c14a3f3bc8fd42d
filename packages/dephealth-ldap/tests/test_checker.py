"""Questions on a connection of the check's own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dephealth import Endpoint, check_once, dial
from dephealth_ldap import LdapChecker
from dephealth_testing import assert_nothing_left

if TYPE_CHECKING:
    from conftest import Check, FakeDirectory


LOGIN = {"bind_dn": "cn=app", "bind_password": "secret"}
SEARCH = {"check_method": "search", "base_dn": "dc=example"}


def password(bind: Any) -> str:
    return bytes(bind["authentication"]["simple"]).decode()


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        ({}, ["searchRequest"]),
        ({"check_method": "root_dse", **LOGIN}, ["bindRequest", "searchRequest"]),
        ({"check_method": "anonymous_bind"}, ["bindRequest"]),
        ({"check_method": "anonymous_bind", **LOGIN}, ["bindRequest"]),
        ({"check_method": "simple_bind", **LOGIN}, ["bindRequest"]),
        (SEARCH, ["searchRequest"]),
        ({**SEARCH, **LOGIN}, ["bindRequest", "searchRequest"]),
        ({"bind_dn": "cn=app"}, ["searchRequest"]),
    ],
)
async def test_what_is_asked(
    check: Check, directory: FakeDirectory, options: dict[str, str], kinds: list[str]
) -> None:
    """Each method asks what it is named for, logs in where it can, then says goodbye."""
    assert await check(**options) == "ok"

    await asyncio.to_thread(directory.until_asked, "unbindRequest")
    assert directory.kinds == [*kinds, "unbindRequest"]


async def test_root_dse(check: Check, directory: FakeDirectory) -> None:
    """The root DSE is the entry with no name, of which nothing is asked for."""
    await check()

    [(_, search), *_] = directory.asked
    assert str(search["baseObject"]) == ""
    assert int(search["scope"]) == 0
    assert [str(attribute) for attribute in search["attributes"]] == ["1.1"]


@pytest.mark.parametrize(("scope", "number"), [("base", 0), ("ONE", 1), ("Sub", 2)])
async def test_search(check: Check, directory: FakeDirectory, scope: str, number: int) -> None:
    """A search has the configured base, scope and filter."""
    await check(**SEARCH, search_scope=scope, search_filter="(uid=x)")

    [(_, search), *_] = directory.asked
    assert str(search["baseObject"]) == "dc=example"
    assert int(search["scope"]) == number
    assert bytes(search["filter"]["equalityMatch"]["assertionValue"]) == b"x"


async def test_search_is_small(check: Check, directory: FakeDirectory) -> None:
    """The server is told to stop at one entry, or when the check is over."""
    await check(timeout=2.5, **SEARCH)

    [(_, search), *_] = directory.asked
    assert int(search["sizeLimit"]) == 1
    assert int(search["timeLimit"]) == 3


async def test_no_time_limit_outside_of_a_check(directory: FakeDirectory) -> None:
    """Where there is no deadline, the server is told none."""
    await LdapChecker().check(directory.endpoint)

    [(_, search), *_] = directory.asked
    assert int(search["timeLimit"]) == 0


@pytest.mark.parametrize("entries", [0, 3])
async def test_any_number_of_entries(check: Check, directory: FakeDirectory, entries: int) -> None:
    """A search that is answered is good, however much it finds."""
    directory.entries = entries

    assert await check(**SEARCH) == "ok"


async def test_more_than_the_limit(check: Check, directory: FakeDirectory) -> None:
    """That there are more entries than the one asked for is no failure."""
    directory.codes["searchRequest"] = 4

    assert await check(**SEARCH) == "ok"


@pytest.mark.parametrize("names", [("bind_dn", "bind_password"), ("username", "password")])
async def test_login(check: Check, directory: FakeDirectory, names: tuple[str, str]) -> None:
    """Who logs in can be given as for a directory or as for anything else."""
    await check(check_method="simple_bind", **dict(zip(names, ("cn=ä", "pä%s"), strict=True)))

    [(_, bind), *_] = directory.asked
    assert str(bind["name"]) == "cn=ä"
    assert password(bind) == "pä%s"


async def test_anonymous_bind(check: Check, directory: FakeDirectory) -> None:
    """An anonymous bind has no name and no password, whatever is configured."""
    await check(check_method="anonymous_bind", **LOGIN)

    [(_, bind), *_] = directory.asked
    assert (str(bind["name"]), password(bind)) == ("", "")


async def test_rejected_login(check: Check, directory: FakeDirectory) -> None:
    """Nothing is asked of a server that rejects the login."""
    directory.codes["bindRequest"] = 49

    assert await check(**SEARCH, **LOGIN) == "auth_error"

    await asyncio.to_thread(directory.until_asked, "unbindRequest")
    assert directory.kinds == ["bindRequest", "unbindRequest"]


async def test_reason(directory: FakeDirectory) -> None:
    """The reason of a failure is in the server's words."""
    directory.codes["bindRequest"] = 49
    checker = LdapChecker(check_method="simple_bind", **LOGIN)  # type: ignore[arg-type]

    check = await check_once(checker, directory.endpoint)

    assert check.reason == "CheckError: bind: invalidCredentials (49)"


@pytest.mark.parametrize(
    "addresses", [["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"]], ids=",".join
)
async def test_several_addresses(directory: FakeDirectory, addresses: list[str]) -> None:
    """The addresses of a name are tried until one accepts."""
    with await dial(addresses, directory.port) as sock:
        assert sock.getpeername() == (directory.host, directory.port)


async def test_no_address_that_accepts() -> None:
    """If none accepts, what the last one met counts."""
    with pytest.raises(ConnectionRefusedError):
        await dial(["/nonexistent/ldapi", "127.0.0.1"], 1)


async def test_unix_socket(unix_directory: FakeDirectory) -> None:
    """A path is a unix socket, on which there is no TLS."""
    check = await check_once(LdapChecker(start_tls=True), unix_directory.endpoint)

    assert check.outcome is not None
    assert check.outcome.detail == "ok"
    await asyncio.to_thread(unix_directory.until_asked, "unbindRequest")
    assert unix_directory.kinds == ["searchRequest", "unbindRequest"]


async def test_missing_unix_socket(tmp_path: Path) -> None:
    """A unix socket that does not exist is one where nobody listens."""
    check = await check_once(LdapChecker(tls=True), Endpoint(str(tmp_path / "ldapi"), "0"))

    assert check.outcome is not None
    assert check.outcome.detail == "connection_refused"


async def test_many_checks_leave_nothing(directory: FakeDirectory) -> None:
    """Checks that are answered leave no socket and no thread."""
    async with assert_nothing_left():
        for _ in range(200):
            await LdapChecker().check(directory.endpoint)
