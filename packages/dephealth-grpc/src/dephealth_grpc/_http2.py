"""One request and its response over HTTP/2, without I/O (RFC 9113).

The frames are hyperframe's and the headers hpack's. The rules of a connection
with many streams, which the package h2 has, are of no use to one request; and
h2 reads nothing after a GOAWAY, which a server that drains sends first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import hpack
from hyperframe.exceptions import HyperframeError
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
)

from dephealth import CheckError

from ._metadata import Header

LONGEST_FRAME = 16 * 1024
"""Bytes that both sides take in one frame unless they say otherwise; we do not."""
_LONGEST_HEADERS = 64 * 1024
_LONGEST_BODY = 4 * 1024
_FRAME_HEADER = 9
_TYPE = 3
"""Where in its header a frame's type stands, behind its length."""
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_OURS = 1
"""The stream of the request."""
_NO_ERROR = 0
_NOT_HTTP2 = "the answer is not HTTP/2"


class Exchange:
    """Bytes in, bytes out, until the response is `complete`.

    Args:
        headers: The request's, the pseudo-headers first.
        body: The request's, which must fit into a frame.
    """

    def __init__(self, headers: Sequence[Header], body: bytes) -> None:
        self.headers: dict[bytes, bytes] = {}
        """The response's, those at its end among them."""
        self.body = b""
        self.complete = False
        self._unsent = [
            _PREFACE,
            SettingsFrame(0, settings={SettingsFrame.ENABLE_PUSH: 0}).serialize(),
            *_header_frames(headers),
            DataFrame(_OURS, body, flags=["END_STREAM"]).serialize(),
        ]
        self._arrived = b""
        self._begun = False
        self._decoder = hpack.Decoder(max_header_list_size=_LONGEST_HEADERS)
        self._block = b""
        self._ending = False

    def unsent(self) -> bytes:
        """What is to be sent now; each byte is given once."""
        unsent, self._unsent = b"".join(self._unsent), []
        return unsent

    def receive(self, data: bytes) -> None:
        """Take what arrived; nothing is the end.

        Raises:
            ConnectionResetError: The server went away before it had answered.
            CheckError: It speaks no HTTP/2, or will not answer.
        """
        self._arrived += data
        try:
            self._check_beginning(whole=not data)
            while not self.complete and (frame := self._next_frame()) is not None:
                self._take(frame)
        except (HyperframeError, hpack.HPACKError):
            # Without its text, which may quote the server: that may echo a secret.
            raise CheckError(_NOT_HTTP2) from None
        if self.complete:
            self._unsent = [GoAwayFrame(0).serialize()]
        elif not data:
            raise ConnectionResetError("the connection was closed before an answer")

    def _check_beginning(self, *, whole: bool) -> None:
        """A server begins with a frame of settings (section 3.4)."""
        if self._begun or (len(self._arrived) < _FRAME_HEADER and not whole):
            return
        self._begun = True
        length = int.from_bytes(self._arrived[:_TYPE].ljust(_TYPE, b"\0"), "big")
        if length > LONGEST_FRAME or self._arrived[_TYPE:][:1] not in {b"", b"\x04"}:
            raise CheckError(_NOT_HTTP2)

    def _next_frame(self) -> Frame | None:
        if len(self._arrived) < _FRAME_HEADER:
            return None
        frame, length = Frame.parse_frame_header(memoryview(self._arrived[:_FRAME_HEADER]))
        end = _FRAME_HEADER + length
        if length > LONGEST_FRAME:
            raise CheckError(_NOT_HTTP2)
        if len(self._arrived) < end:
            return None
        frame.parse_body(memoryview(self._arrived[_FRAME_HEADER:end]))
        self._arrived = self._arrived[end:]
        return frame

    def _take(self, frame: Frame) -> None:
        match frame:
            case SettingsFrame() if "ACK" not in frame.flags:
                self._unsent.append(SettingsFrame(0, flags=["ACK"]).serialize())
            case PingFrame() if "ACK" not in frame.flags:
                self._unsent.append(PingFrame(0, frame.opaque_data, flags=["ACK"]).serialize())
            case GoAwayFrame():
                self._take_farewell(frame)
            case PushPromiseFrame():
                raise CheckError(f"{_NOT_HTTP2}: a push, which was forbidden")
            case HeadersFrame() | ContinuationFrame() | DataFrame() if frame.stream_id != _OURS:
                raise CheckError(f"{_NOT_HTTP2}: a stream that nobody opened")
            case HeadersFrame():
                self._ending = "END_STREAM" in frame.flags
                self._take_headers(frame)
            case ContinuationFrame():
                self._take_headers(frame)
            case DataFrame():
                self._take_data(frame)
            case RstStreamFrame():
                raise CheckError(f"the server reset the call (HTTP/2 error {frame.error_code})")
            case _:
                pass  # windows, priorities, and what is not known yet: nothing for us

    def _take_headers(self, frame: HeadersFrame | ContinuationFrame) -> None:
        self._block += frame.data
        if len(self._block) > _LONGEST_HEADERS:
            raise CheckError("the headers of the answer are too long")
        if "END_HEADERS" in frame.flags:
            self.headers.update(self._decoder.decode(self._block, raw=True))
            self._block = b""
            self.complete = self._ending

    def _take_data(self, frame: DataFrame) -> None:
        self.body += frame.data
        if len(self.body) > _LONGEST_BODY:
            raise CheckError("the answer is too long")
        self.complete = "END_STREAM" in frame.flags

    def _take_farewell(self, frame: GoAwayFrame) -> None:
        """A server that drains may still answer; it says up to which stream it will."""
        if frame.error_code != _NO_ERROR:
            raise CheckError(f"the server ended the connection (HTTP/2 error {frame.error_code})")
        if frame.last_stream_id < _OURS:
            raise ConnectionResetError("the server is going away and takes no more calls")


def _header_frames(headers: Sequence[Header]) -> Iterator[bytes]:
    # No Huffman code, which costs time; nothing is kept by those on the way (RFC 7541 section 7.1).
    block = hpack.Encoder().encode([(*header, True) for header in headers], huffman=False)
    pieces = [block[i : i + LONGEST_FRAME] for i in range(0, len(block), LONGEST_FRAME)]
    kinds: list[type[HeadersFrame | ContinuationFrame]] = [HeadersFrame]
    for number, piece in enumerate(pieces, 1):
        flags = ["END_HEADERS"] if number == len(pieces) else []
        yield kinds[0](_OURS, piece, flags=flags).serialize()
        kinds = [ContinuationFrame]
