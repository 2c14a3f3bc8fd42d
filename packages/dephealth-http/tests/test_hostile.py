"""Servers that never stop: bounded memory, no more time than there is."""

from __future__ import annotations

import asyncio
import contextlib
import tracemalloc
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dephealth_http import HTTPChecker
from dephealth_testing import Connection, Fault, FaultProxyFactory

if TYPE_CHECKING:
    from conftest import Probe, Serve

_HEAD = b"HTTP/1.1 200 OK\r\n"
_MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Endless(Fault):
    """Say *begin*, then *again* and again."""

    begin: bytes
    again: bytes

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        await client.send(self.begin)
        piece = self.again * (_MEGABYTE // 16 // len(self.again) + 1)
        while True:
            await client.send(piece)


@contextlib.contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * _MEGABYTE, f"{peak // _MEGABYTE} MiB"


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (Endless(_HEAD, b"A: b\r\n"), "error"),
        (Endless(_HEAD + b"A: ", b"bbbb"), "error"),
        (Endless(b"", b"H"), "error"),
        (Endless(b"", b"HTTP/1.1 102 P\r\n\r\n"), "timeout"),
        (Endless(b"", b"HTTP/1.1 103 E\r\nA: b\r\n\r\n"), "timeout"),
        (Endless(_HEAD + b"Content-Length: 10737418240\r\n\r\n", b"body"), "ok"),
        (Endless(_HEAD + b"Content-Encoding: gzip\r\n\r\n", b"\x1f\x8b\x08\x00"), "ok"),
        (Endless(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), "ok"),
    ],
)
async def test_endless_answers(
    probe: Probe, fault: Fault, found: str, fault_proxy: FaultProxyFactory
) -> None:
    """A server that never stops sending gets little memory, and no time beyond the deadline."""
    with little_memory():
        result = await probe(HTTPChecker(), fault_proxy(fault=fault), 0.5)

    assert result.detail == found
    assert result.latency < 0.6


async def turns_during(work: Coroutine[None, None, object]) -> int:
    """How often another task gets its turn while *work* goes on."""
    task = asyncio.create_task(work)
    turns = 0
    async with asyncio.timeout(5):
        while not task.done():
            await asyncio.sleep(0)
            turns += 1
    await task
    return turns


async def test_many_interim_responses(serve: Serve) -> None:
    """Interim responses that come all at once are looked at one by one."""
    site = await serve(b"HTTP/1.1 102 P\r\n\r\n" * 500 + b"HTTP/1.1 200 OK\r\n\r\n")

    assert await turns_during(HTTPChecker().check(site.endpoint)) >= 500
