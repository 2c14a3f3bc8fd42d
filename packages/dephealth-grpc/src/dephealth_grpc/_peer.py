"""The other end of a connection: what it said, as far as that tells why a call failed."""

from __future__ import annotations

from collections.abc import Iterator

from dephealth import CheckError, CheckTlsError, Stream, TLSStream

_HEADER = 9
"""Bytes before what a frame of HTTP/2 has in it (RFC 9113, section 4.1)."""
_LONGEST_FRAME = 16 * 1024
_SETTINGS = 4
_GOAWAY = 7
_NO_ERROR = bytes(4)
_MOST = 64 * 1024
"""Bytes of all that a server has to say in a check, which is less than one of them."""


class Peer:
    """Hears what comes on *stream*, and remembers it."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._heard = b""
        self._end: Exception | None = None

    async def receive(self) -> bytes:
        """What comes next; nothing at the end, however it comes about, or if it is too much."""
        if len(self._heard) > _MOST:
            self._end = CheckError(f"the answer is longer than {_MOST} bytes")
            return b""
        try:
            data = await self._stream.receive()
            cause = None
        except OSError as exc:
            data, cause = b"", exc
        if not data:
            self._end = self._ended(cause)
        self._heard += data
        return data

    def failure(self) -> Exception | None:
        """What of all that came, or came no more, ended a call; None if nothing did."""
        if not _begins_http2(self._heard):
            return CheckError("the answer is not HTTP/2")
        if self._end is None and any(_is_farewell(*frame) for frame in _frames(self._heard)):
            return ConnectionResetError("the server is going away and takes no more calls")
        return self._end

    def _ended(self, cause: OSError | None) -> Exception:
        if isinstance(self._stream, TLSStream) and self._stream.lacks_certificate:
            return CheckTlsError("the server wants a certificate of the client")
        if cause is None or isinstance(cause, ConnectionError):
            return ConnectionResetError("the connection was closed before an answer")
        return cause


def _begins_http2(heard: bytes) -> bool:
    """Whether *heard* begins with a frame of settings (section 3.4), as far as it goes."""
    length = int.from_bytes(heard[:3].ljust(3, b"\0"), "big")
    return length <= _LONGEST_FRAME and heard[3:4] in {b"", bytes([_SETTINGS])}


def _frames(heard: bytes) -> Iterator[tuple[int, bytes]]:
    """The types of the frames in *heard*, and what is in them."""
    while len(heard) >= _HEADER:
        end = _HEADER + int.from_bytes(heard[:3], "big")
        yield heard[3], heard[_HEADER:end]
        heard = heard[end:]


def _is_farewell(kind: int, payload: bytes) -> bool:
    """Whether a frame says that the server leaves, and nothing is wrong (section 6.8)."""
    return kind == _GOAWAY and payload[4:8] == _NO_ERROR
