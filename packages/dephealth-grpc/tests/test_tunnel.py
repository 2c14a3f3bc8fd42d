"""The way of grpcio to a connection that is made already."""

from __future__ import annotations

import asyncio
import socket
import stat
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dephealth import Stream
from dephealth_grpc._asking import connecting_within
from dephealth_grpc._call import Call
from dephealth_grpc._status import UnavailableError
from dephealth_grpc._tunnel import Tunnel
from dephealth_testing import FaultProxyFactory, Silent, assert_nothing_left

if TYPE_CHECKING:
    from conftest import Answer

_CALL = Call(service="", authority="h:1", user_agent="tests")
_SERVING = 1


@pytest.fixture
async def stream(answer: Answer) -> AsyncIterator[Stream]:
    """A connection to a server that is serving."""
    peer = await answer()
    stream = await Stream.connect([peer.host], peer.port)
    yield stream
    stream.close()


@pytest.mark.parametrize("abstract", [True, False])
async def test_call(stream: Stream, abstract: bool) -> None:
    """Grpcio finds the server at the end of a tunnel, whatever kind of socket begins it."""
    async with Tunnel(stream, abstract=abstract) as tunnel:
        assert await _CALL.make(tunnel.target) == _SERVING


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where files that are needed for a moment go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def modes(folder: Path) -> list[int]:
    """What is allowed with the folders in *folder*."""
    return [stat.S_IMODE(inner.stat().st_mode) for inner in folder.iterdir()]


async def test_nothing_is_left(answer: Answer, folder: Path) -> None:
    """A tunnel that nobody went through leaves no socket, task or file."""
    peer = await answer()
    async with assert_nothing_left():
        for abstract in (True, False):
            stream = await Stream.connect([peer.host], peer.port)
            async with Tunnel(stream, abstract=abstract):
                pass
            stream.close()

    assert modes(folder) == []


async def test_folder_is_private(stream: Stream, folder: Path) -> None:
    """Nobody else can reach a socket that is a file, which does not outlast its use."""
    async with Tunnel(stream, abstract=False) as tunnel:
        assert tunnel.target.startswith(f"unix:{folder}/")
        assert modes(folder) == [0o700]
        assert await _CALL.make(tunnel.target) == _SERVING

    assert modes(folder) == []


_STRANGER = """
import socket, sys
with socket.socket(socket.AF_UNIX) as stranger:
    stranger.connect("\\0" + sys.argv[1])
    stranger.settimeout(5)
    print(stranger.recv(1))
"""


async def test_other_processes_are_sent_away(stream: Stream) -> None:
    """A socket without a file is for this process alone, which finds it free after others came."""
    async with Tunnel(stream, abstract=True) as tunnel:
        name = tunnel.target.removeprefix("unix-abstract:")
        stranger = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _STRANGER, name, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await stranger.communicate()

        assert output == b"b''\n"
        assert await _CALL.make(tunnel.target) == _SERVING


async def test_tunnel_is_for_one_connection(stream: Stream) -> None:
    """A second connection is refused: that grpcio wants one means that the first failed."""
    async with Tunnel(stream, abstract=True) as tunnel:
        target = tunnel.target
        assert await _CALL.make(target) == _SERVING
        with socket.socket(socket.AF_UNIX) as second, pytest.raises(ConnectionRefusedError):
            second.connect("\0" + target.removeprefix("unix-abstract:"))


async def test_time_to_connect(fault_proxy: FaultProxyFactory) -> None:
    """A channel waits as long as it is told for the first word of a server."""
    silent = fault_proxy(fault=Silent())
    stream = await Stream.connect([silent.host], silent.port)
    loop = asyncio.get_running_loop()

    async with Tunnel(stream) as tunnel:
        begun = loop.time()
        with pytest.raises(UnavailableError):
            await _CALL.make(tunnel.target, *connecting_within(0.5))
    stream.close()

    assert 0.45 < loop.time() - begun < 5


@pytest.mark.parametrize("steps", range(7))
async def test_cancelled_again(stream: Stream, steps: int) -> None:
    """Who is cancelled while leaving leaves nothing that would use a connection closed by then."""
    loop = asyncio.get_running_loop()
    inside = asyncio.Event()

    async def check() -> None:
        async with Tunnel(stream, abstract=True) as tunnel:
            with socket.socket(socket.AF_UNIX) as client:
                client.setblocking(False)
                client.connect("\0" + tunnel.target.removeprefix("unix-abstract:"))
                await loop.sock_sendall(client, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
                assert await loop.sock_recv(client, 1)
                inside.set()
                await asyncio.Event().wait()

    checking = asyncio.create_task(check())
    await inside.wait()
    checking.cancel()
    for _ in range(steps):
        await asyncio.sleep(0)
    checking.cancel()
    await asyncio.wait([checking])

    assert checking.cancelled()
    assert not [task for task in asyncio.all_tasks() if "Tunnel" in repr(task)]
