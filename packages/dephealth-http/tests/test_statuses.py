"""What the status of an answer means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dephealth import (
    CheckAuthError,
    CheckError,
    UnhealthyError,
)
from dephealth_http import HTTPChecker

if TYPE_CHECKING:
    from conftest import Serve


@pytest.mark.parametrize("status", [200, 201, 204, 206, 299])
async def test_any_2xx_passes(serve: Serve, status: int) -> None:
    """A success of any kind is one."""
    site = await serve(status)

    await HTTPChecker().check(site.endpoint)


@pytest.mark.parametrize("status", [300, 304, 307, 400, 404, 407, 429, 500, 503, 599])
async def test_other_statuses(serve: Serve, status: int) -> None:
    """An answer that is no success is unhealthy, with the status as detail."""
    site = await serve(status)

    with pytest.raises(UnhealthyError, match=f"status {status}, expected 2xx") as failure:
        await HTTPChecker().check(site.endpoint)

    assert failure.value.status_detail == f"http_{status}"


@pytest.mark.parametrize("status", [401, 403])
async def test_denials(serve: Serve, status: int) -> None:
    """401 and 403 are about the credentials."""
    site = await serve(status)

    with pytest.raises(CheckAuthError, match=str(status)):
        await HTTPChecker().check(site.endpoint)


async def test_status_beyond_the_protocol(serve: Serve) -> None:
    """A status that HTTP does not have is an error, as no detail is there for it."""
    site = await serve(999)

    with pytest.raises(CheckError, match="999") as failure:
        await HTTPChecker().check(site.endpoint)

    assert failure.value.status_detail == "error"


@pytest.mark.parametrize("status", [401, 503, 302, 200])
async def test_expected_statuses_pass(serve: Serve, status: int) -> None:
    """A status that is expected passes, whatever it means otherwise."""
    site = await serve((status, "/elsewhere"))

    await HTTPChecker(expected_statuses=[200, 302, 401, 503]).check(site.endpoint)

    assert len(site.asked) == 1


async def test_success_that_is_not_expected(serve: Serve) -> None:
    """With expected statuses, a 2xx that is not among them is unhealthy."""
    site = await serve(200)

    with pytest.raises(UnhealthyError, match=r"status 200, expected one of \(204, 205\)"):
        await HTTPChecker(expected_statuses=(204, 205)).check(site.endpoint)


async def test_expected_statuses_as_text(serve: Serve) -> None:
    """Statuses may come as text, from where everything does."""
    site = await serve(204)

    checker = HTTPChecker(expected_statuses=["204"])  # type: ignore[list-item]

    await checker.check(site.endpoint)
    assert checker.expected_statuses == (204,)


async def test_interim_responses(serve: Serve) -> None:
    """What a server says before its answer is passed over."""
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
    site = await serve(early + b"HTTP/1.1 200 OK\r\n\r\n")

    await HTTPChecker().check(site.endpoint)


async def test_switching_protocols(serve: Serve) -> None:
    """101 is an answer to a request that asks for another protocol."""
    site = await serve(b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
    upgrade = {"Connection": "upgrade", "Upgrade": "websocket"}

    await HTTPChecker(headers=upgrade, expected_statuses=[101]).check(site.endpoint)

    with pytest.raises(UnhealthyError) as failure:
        await HTTPChecker(headers=upgrade).check(site.endpoint)
    assert failure.value.status_detail == "http_101"
