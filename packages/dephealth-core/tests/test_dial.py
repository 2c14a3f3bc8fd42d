"""Sockets, connected to addresses and not to names."""

import asyncio
import socket
import struct
import threading
from pathlib import Path

import pytest

from dephealth import dial


async def test_first_address_that_accepts_is_taken() -> None:
    """An address that refuses is passed over."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with await dial(["127.0.0.2", "127.0.0.1"], port) as sock:
            assert sock.getpeername() == ("127.0.0.1", port)


async def test_last_refusal_is_told() -> None:
    """If no address accepts, what the last one met is raised."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectionRefusedError, match=r"127\.0\.0\.2"):
        await dial(["127.0.0.1", "127.0.0.2"], port)


def test_peer_on_this_machine_is_not_waited_for() -> None:
    """What is connected at once takes no turn of the event loop."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        dialing = dial(["127.0.0.1"], server.getsockname()[1])
        with pytest.raises(StopIteration) as done:
            dialing.send(None)
    done.value.value.close()


async def test_peer_that_takes_its_time() -> None:
    """A connection that is not there at once is waited for."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):  # all that it has room for
            dialing = asyncio.create_task(dial(["127.0.0.1"], port))
            await asyncio.sleep(0)
            assert not dialing.done()
            server.accept()[0].close()
            with await dialing as sock:
                assert sock.getpeername() == ("127.0.0.1", port)


async def test_path_is_a_unix_socket(tmp_path: Path) -> None:
    """A path is connected to as a unix socket; if it is not there, nobody listens."""
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        with await dial([path], 0) as sock:
            assert sock.getpeername() == path
    with pytest.raises(ConnectionRefusedError, match="no such unix socket"):
        await dial([f"{path}-elsewhere"], 0)


async def test_unix_socket_that_is_busy(tmp_path: Path) -> None:
    """A unix socket whose queue is full is waited for."""
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as other:
        server.bind(path)
        server.listen(0)
        other.connect(path)
        dialing = asyncio.create_task(dial([path], 0))
        await asyncio.sleep(0)
        assert not dialing.done()
        server.accept()[0].close()
        with await dialing as sock:
            assert sock.getpeername() == path


async def test_reset_at_once_is_an_end() -> None:
    """A connection that is reset before anybody looks reads as one that has ended."""
    linger = struct.pack("ii", 1, 0)
    with socket.create_server(("127.0.0.1", 0), backlog=200) as server:
        reset = threading.Event()

        def serve() -> None:
            while not reset.is_set():
                client, _ = server.accept()
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                client.close()

        thread = threading.Thread(target=serve)
        thread.start()
        found: set[object] = set()
        for _ in range(300):
            with await dial(["127.0.0.1"], server.getsockname()[1]) as sock:
                try:
                    found.add(await asyncio.get_running_loop().sock_recv(sock, 1))
                except OSError as exc:
                    found.add(type(exc))
        reset.set()
        socket.create_connection(server.getsockname()).close()
        thread.join()
    assert found <= {b"", ConnectionResetError}
