"""What is asked, and where."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest

from dephealth import (
    Endpoint,
    __version__,
    check_once,
)
from dephealth_http import HTTPChecker

if TYPE_CHECKING:
    from conftest import Serve


async def test_usual_request(serve: Serve) -> None:
    """Without options a check is GET /health, says who asks, and wants no second answer."""
    site = await serve()

    await HTTPChecker().check(site.endpoint)

    (asked,) = site.asked
    assert asked.line == "GET /health HTTP/1.1"
    assert asked.headers == {
        "host": site.authority,
        "user-agent": f"dephealth/{__version__}",
        "accept": "*/*",
        "connection": "close",
    }


async def test_ipv6(serve: Serve) -> None:
    """An IPv6 address stands in brackets in the Host header."""
    site = await serve(host="::1")

    await HTTPChecker().check(site.endpoint)

    assert site.asked[0].headers["host"] == f"[::1]:{site.port}"


async def test_name(serve: Serve) -> None:
    """A name is looked up, and stands in the Host header."""
    site = await serve()

    await HTTPChecker().check(Endpoint("localhost", str(site.port)))

    assert site.asked[0].headers["host"] == f"localhost:{site.port}"


async def test_each_check_connects_anew(serve: Serve) -> None:
    """No connection is kept, though the server would keep it."""
    site = await serve()
    checker = HTTPChecker()

    for _ in range(3):
        await checker.check(site.endpoint)

    assert site.connections == 3


_MODULES = """
import asyncio, sys
from dephealth import Endpoint, check_once
from dephealth_http import HTTPChecker

async def main():
    checker = HTTPChecker()
    before = set(sys.modules)
    found = await check_once(checker, Endpoint("127.0.0.1", sys.argv[1]))
    before |= {name for name in sys.modules if name.partition(".")[0] == "dephealth"}
    print(found.outcome.detail, *(set(sys.modules) - before))

asyncio.run(main())
"""


async def test_first_check_imports_nothing(serve: Serve) -> None:
    """All that a check needs is imported when the checker is."""
    site = await serve()
    command = (sys.executable, "-c", _MODULES, str(site.port))

    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()

    assert output.split() == [b"ok"]


async def test_checks_at_the_same_time(serve: Serve) -> None:
    """One checker checks several endpoints at once."""
    sites = [await serve(), await serve(503)]
    checker = HTTPChecker()

    found = await asyncio.gather(*(check_once(checker, site.endpoint) for site in sites))

    assert [check.outcome.detail for check in found if check.outcome] == ["ok", "http_503"]


def test_usable_on_another_loop() -> None:
    """A checker belongs to no event loop, and closing it is no end."""
    checker = HTTPChecker()

    async def check() -> None:
        async def ok(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.0 204 \r\n\r\n")
            writer.close()

        async with await asyncio.start_server(ok, "127.0.0.1", 0) as server:
            await checker.check(Endpoint("127.0.0.1", str(server.sockets[0].getsockname()[1])))
            await checker.aclose()

    for _ in range(2):
        asyncio.run(check())


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/", "/"),
        ("/a/b?c=d&e=%2F", "/a/b?c=d&e=%2F"),
        ("/grüße sie", "/gr%C3%BC%C3%9Fe%20sie"),
        ("/a#b\r\nX: y", "/a%23b%0D%0AX:%20y"),
    ],
)
async def test_health_path(serve: Serve, path: str, sent: str) -> None:
    """The path is sent as given, with what cannot be sent percent-encoded."""
    site = await serve()

    await HTTPChecker(health_path=path).check(site.endpoint)

    assert site.lines == [f"GET {sent}"]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "DELETE", "head"])
async def test_method(serve: Serve, method: str) -> None:
    """The method is sent in capitals, as the protocol's own are."""
    site = await serve()

    await HTTPChecker(method=method).check(site.endpoint)

    assert site.lines == [f"{method.upper()} /health"]
    assert "content-length" not in site.asked[0].headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_method_that_has_a_body(serve: Serve, method: str) -> None:
    """A method that comes with a body says that there is none."""
    site = await serve()

    await HTTPChecker(method=method).check(site.endpoint)

    assert site.asked[0].headers["content-length"] == "0"


async def test_own_headers(serve: Serve) -> None:
    """The user's headers are sent as they are, in place of the usual ones."""
    site = await serve()
    headers = {"user-agent": "me", "ACCEPT": "a/b", "X-Note": " grüße\t"}

    await HTTPChecker(headers=headers).check(site.endpoint)

    sent = site.asked[0].headers
    assert (sent["user-agent"], sent["accept"], sent["x-note"]) == ("me", "a/b", "grüße")
