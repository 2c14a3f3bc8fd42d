"""Why a call failed, as far as the other end of its connection shows it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from grpc_peer import BEGIN, SERVING, SETTINGS, data
from hyperframe.frame import GoAwayFrame

from dephealth import CheckError, Stream
from dephealth_grpc._peer import Peer

_FAREWELL = GoAwayFrame(0).serialize()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection; the first does not block."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


async def heard(pair: tuple[socket.socket, socket.socket], said: bytes, *, ends: bool) -> Peer:
    """A peer that has said *said*, and perhaps hung up."""
    ours, theirs = pair
    peer = Peer(Stream(ours))
    if said:
        theirs.send(said)
        assert await peer.receive() == said
    if ends:
        theirs.close()
        assert await peer.receive() == b""
    return peer


@pytest.mark.parametrize(
    "said", [b"", SETTINGS, SETTINGS[:2], SETTINGS + BEGIN, SETTINGS + BEGIN + data(SERVING)]
)
async def test_peer_that_hangs_up(pair: tuple[socket.socket, socket.socket], said: bytes) -> None:
    """Who spoke HTTP/2, or not at all, and hung up has cut the connection."""
    failure = (await heard(pair, said, ends=True)).failure()

    assert isinstance(failure, ConnectionResetError)
    assert "closed before an answer" in str(failure)


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize(
    "said", [b"SSH-2.0-x", b"HTTP/1.1 400", b"\x15\x03\x01\0\2\2\x46", b"S", b"\0\0\6\5", BEGIN]
)
async def test_other_protocols(
    pair: tuple[socket.socket, socket.socket], said: bytes, ends: bool
) -> None:
    """What does not begin with settings is not HTTP/2, whether it ends or not."""
    failure = (await heard(pair, said, ends=ends)).failure()

    assert isinstance(failure, CheckError)
    assert str(failure) == "the answer is not HTTP/2"


@pytest.mark.parametrize("before", [SETTINGS, SETTINGS + BEGIN, SETTINGS + b"\0\0\0\xff\0\0\0\0\0"])
async def test_farewell(pair: tuple[socket.socket, socket.socket], before: bytes) -> None:
    """A server that is going away has cut the connection, though it stays open."""
    failure = (await heard(pair, before + _FAREWELL, ends=False)).failure()

    assert isinstance(failure, ConnectionResetError)
    assert "going away" in str(failure)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        SETTINGS,
        SETTINGS + GoAwayFrame(0, error_code=11).serialize(),
        SETTINGS + _FAREWELL[:-1],
        SETTINGS + data(_FAREWELL),
    ],
)
async def test_nothing_wrong(pair: tuple[socket.socket, socket.socket], said: bytes) -> None:
    """Without an end or a farewell it is what was said that failed."""
    assert (await heard(pair, said, ends=False)).failure() is None


async def test_reset(pair: tuple[socket.socket, socket.socket]) -> None:
    """A reset is an end."""
    ours, theirs = pair
    ours.send(b"unread")
    theirs.close()
    peer = Peer(Stream(ours))

    assert await peer.receive() == b""
    assert isinstance(peer.failure(), ConnectionResetError)


async def test_who_says_too_much_is_heard_no_more(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """Of a server that never stops, little more is heard than any has to say."""
    ours, theirs = pair
    theirs.setblocking(False)
    peer = Peer(Stream(ours))
    heard = 0
    for _ in range(100):
        theirs.send(SETTINGS + data(bytes(16_000)))
        piece = await peer.receive()
        heard += len(piece)
        if not piece:
            break

    assert heard < 200_000
    assert "the answer is longer than 65536 bytes" in str(peer.failure())
