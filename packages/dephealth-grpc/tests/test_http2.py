"""The exchange of one request and its response, fed byte by byte and in bulk."""

from __future__ import annotations

import random

import hpack
import hyperframe.exceptions
import pytest
from grpc_peer import ANSWER, BEGIN, END, PREFACE, SERVING, SETTINGS, data, headers, only_trailers
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from dephealth import CheckError
from dephealth_grpc._http2 import LONGEST_FRAME, Exchange

_REQUEST = [(b":method", b"POST"), (b":path", b"/p"), (b"authorization", b"Bearer s3cret")]
_CALM = 11
_FORBIDDEN = 13


def begun() -> Exchange:
    exchange = Exchange(_REQUEST, b"message")
    exchange.unsent()
    return exchange


def after(data: bytes) -> Exchange:
    """The exchange to which *data* has come."""
    exchange = begun()
    exchange.receive(data)
    return exchange


def frames(sent: bytes) -> list[Frame]:
    found = []
    while sent:
        frame, length = Frame.parse_frame_header(memoryview(sent[:9]))
        frame.parse_body(memoryview(sent[9 : 9 + length]))
        found.append(frame)
        sent = sent[9 + length :]
    return found


def goaway(last: int, error: int = 0) -> bytes:
    return GoAwayFrame(0, last_stream_id=last, error_code=error).serialize()


def test_what_is_sent() -> None:
    """The whole request is sent at once, and pushes are forbidden."""
    exchange = Exchange(_REQUEST, b"message")
    sent = exchange.unsent()

    assert sent.startswith(PREFACE)
    settings, head, body = frames(sent.removeprefix(PREFACE))
    assert isinstance(settings, SettingsFrame)
    assert settings.settings == {SettingsFrame.ENABLE_PUSH: 0}
    assert isinstance(head, HeadersFrame)
    assert set(head.flags) == {"END_HEADERS"}
    assert hpack.Decoder().decode(head.data, raw=True) == _REQUEST
    assert isinstance(body, DataFrame)
    assert (body.data, set(body.flags)) == (b"message", {"END_STREAM"})
    assert (head.stream_id, body.stream_id) == (1, 1)
    assert exchange.unsent() == b""


def test_headers_are_kept_by_nobody() -> None:
    """No header's value is to be remembered by those on the way: any may be a secret."""
    _, head, _ = frames(Exchange(_REQUEST, b"").unsent().removeprefix(PREFACE))

    assert isinstance(head, HeadersFrame)
    _, path, authorization = hpack.Decoder().decode(head.data)
    assert not path.indexable
    assert not authorization.indexable


def test_long_headers() -> None:
    """Headers that fill more than a frame are continued in others."""
    long = [*_REQUEST, (b"token", b"x" * 2 * LONGEST_FRAME)]

    _, *heads, _ = frames(Exchange(long, b"").unsent().removeprefix(PREFACE))

    assert [type(head) for head in heads] == [HeadersFrame, ContinuationFrame, ContinuationFrame]
    assert [set(head.flags) for head in heads] == [set(), set(), {"END_HEADERS"}]
    block = b"".join(head.data for head in heads if hasattr(head, "data"))
    assert hpack.Decoder(max_header_list_size=1 << 20).decode(block, raw=True) == long


@pytest.mark.parametrize("size", [1, 2, 10, 1000])
def test_answer_in_pieces(size: int) -> None:
    """It does not matter in which pieces an answer arrives."""
    exchange = begun()
    for start in range(0, len(ANSWER), size):
        exchange.receive(ANSWER[start : start + size])

    assert exchange.complete
    assert exchange.body == SERVING
    assert exchange.headers[b"grpc-status"] == b"0"


@pytest.mark.parametrize("ends", [True, False])
def test_headers_in_several_frames(ends: bool) -> None:
    """Headers may be continued; whether they are the last their first frame says."""
    block = hpack.Encoder().encode([(":status", "200"), ("grpc-status", "5")])
    first = HeadersFrame(1, block[:3], flags=["END_STREAM"] if ends else [])
    rest = ContinuationFrame(1, block[3:], flags=["END_HEADERS"])

    exchange = after(SETTINGS + first.serialize())
    assert not exchange.complete
    exchange.receive(rest.serialize())

    assert exchange.headers[b"grpc-status"] == b"5"
    assert exchange.complete is ends


def test_headers_that_refer_to_earlier_ones() -> None:
    """The compression of headers goes on from frame to frame."""
    encoder = hpack.Encoder()
    begin = HeadersFrame(1, encoder.encode([(":status", "200"), ("a", "b")]), flags=["END_HEADERS"])
    encoder.header_table_size = 100
    end = HeadersFrame(
        1, encoder.encode([("a", "b"), ("grpc-status", "0")]), flags=["END_HEADERS", "END_STREAM"]
    )

    exchange = after(SETTINGS + begin.serialize() + end.serialize())

    assert exchange.headers == {b":status": b"200", b"a": b"b", b"grpc-status": b"0"}


def test_padding() -> None:
    """Padding is none of the answer."""
    body = DataFrame(1, SERVING, pad_length=7, flags=["PADDED"])

    assert after(SETTINGS + BEGIN + body.serialize() + END).body == SERVING


def test_end_with_the_data() -> None:
    """The last frame may be one of data."""
    exchange = after(SETTINGS + BEGIN + data(SERVING, "END_STREAM"))

    assert exchange.complete
    assert exchange.body == SERVING


def test_interim_headers() -> None:
    """What comes before the answer is not the answer."""
    interim = headers((":status", "103"))

    assert after(SETTINGS + interim + ANSWER.removeprefix(SETTINGS)).headers[b":status"] == b"200"


def test_settings_are_acknowledged() -> None:
    """A server's settings are acknowledged, its acknowledgement is not."""
    exchange = after(SETTINGS + SettingsFrame(0, flags=["ACK"]).serialize())

    (frame,) = frames(exchange.unsent())
    assert isinstance(frame, SettingsFrame)
    assert set(frame.flags) == {"ACK"}


def test_pings_are_answered() -> None:
    """A ping is answered with what is in it, an answered one is not."""
    ping = PingFrame(0, b"12345678").serialize()
    pong = PingFrame(0, b"87654321", flags=["ACK"]).serialize()

    *_, frame = frames(after(SETTINGS + ping + pong).unsent())

    assert isinstance(frame, PingFrame)
    assert (frame.opaque_data, set(frame.flags)) == (b"12345678", {"ACK"})


def test_what_is_none_of_our_business() -> None:
    """Windows, priorities and unknown frames change nothing."""
    others = [
        WindowUpdateFrame(0, 1000),
        WindowUpdateFrame(1, 1000),
        PriorityFrame(1, 0),
    ]
    unknown = b"\0\0\6\xbe\xff\0\0\0\x4dgrease"
    noise = unknown.join(frame.serialize() for frame in others)

    assert after(SETTINGS + noise + BEGIN + noise + data(SERVING) + noise + END).body == SERVING


def test_farewell_of_a_server_that_drains() -> None:
    """A server that will take no more calls may still answer this one."""
    drained = SETTINGS + goaway((1 << 31) - 1) + BEGIN + data(SERVING) + goaway(1) + END

    assert after(drained).body == SERVING


def test_what_follows_the_answer() -> None:
    """An answer that is complete counts, whatever follows."""
    assert after(ANSWER + goaway(0) + RstStreamFrame(1, 2).serialize() + b"\xff" * 20).complete


def test_goodbye() -> None:
    """With the answer there, all that is left to say is goodbye."""
    (frame,) = frames(after(ANSWER).unsent())

    assert isinstance(frame, GoAwayFrame)
    assert frame.error_code == 0


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"\0",
        b"\0\0\x06",
        SETTINGS[:8],
        SETTINGS,
        SETTINGS + BEGIN,
        SETTINGS + BEGIN + data(SERVING),
        (SETTINGS + BEGIN + data(SERVING) + END)[:-1],
        SETTINGS + goaway((1 << 31) - 1),
    ],
)
def test_end_before_the_answer(begin: bytes) -> None:
    """A connection that ends before the answer was cut."""
    exchange = begun()
    if begin:
        exchange.receive(begin)

    with pytest.raises(ConnectionResetError, match="closed before an answer"):
        exchange.receive(b"")


def test_farewell_without_an_answer() -> None:
    """A server that is going away and will not answer has cut the connection."""
    with pytest.raises(ConnectionResetError, match="going away"):
        after(SETTINGS + goaway(0))


@pytest.mark.parametrize(
    "beginning", [b"SSH-2.0-x", b"HTTP/1.1 400", b"\x15\x03\x01\0\2\2\x46\0\0"]
)
def test_other_protocols(beginning: bytes) -> None:
    """What does not begin with settings is not HTTP/2."""
    with pytest.raises(CheckError, match="not HTTP/2"):
        after(beginning)


@pytest.mark.parametrize("beginning", [b"S", b"\x15\x03\x01\0\2\2\x46", b"\0\0\6\5"])
def test_other_protocols_cut_short(beginning: bytes) -> None:
    """Even a few bytes can tell, once it is clear that there are no more."""
    exchange = after(beginning)

    with pytest.raises(CheckError, match="not HTTP/2"):
        exchange.receive(b"")


@pytest.mark.parametrize(
    "answer",
    [
        BEGIN,
        ANSWER.removeprefix(SETTINGS),
        SETTINGS + b"\0\x40\1" + b"\0" * 6,
        SETTINGS + b"\0\0\1\x06\0\0\0\0\0?",
        SETTINGS + b"\0\0\0\0\0\0\0\0\0",
        SETTINGS + b"\0\0\1\0\x08\0\0\0\1\xff",
        SETTINGS + HeadersFrame(1, b"\xff\xff\xff", flags=["END_HEADERS"]).serialize(),
        SETTINGS + HeadersFrame(3, b"", flags=["END_HEADERS"]).serialize(),
        SETTINGS + ContinuationFrame(3, b"").serialize(),
        SETTINGS + DataFrame(3, b"").serialize(),
        SETTINGS + PushPromiseFrame(1, 2, b"", flags=["END_HEADERS"]).serialize(),
    ],
)
def test_broken_rules(answer: bytes) -> None:
    """Frames that cannot be are no HTTP/2."""
    with pytest.raises(CheckError, match="not HTTP/2"):
        after(answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (RstStreamFrame(1, 7).serialize(), "the server reset the call .HTTP/2 error 7."),
        (goaway(1, _CALM), "the server ended the connection .HTTP/2 error 11."),
        (goaway(0, _FORBIDDEN), "the server ended the connection .HTTP/2 error 13."),
    ],
)
def test_refusals(answer: bytes, message: str) -> None:
    """A server that speaks HTTP/2 and will not answer is told with its error."""
    with pytest.raises(CheckError, match=message) as failure:
        after(SETTINGS + answer)

    assert failure.value.status_detail == "error"


@pytest.mark.parametrize(
    "answer",
    [
        data(b"x" * 5000),
        headers(*[("k", "v" * 1000)] * 20) * 4,
        HeadersFrame(1, b"x" * 10_000).serialize()
        + ContinuationFrame(1, b"x" * 10_000).serialize() * 6,
    ],
)
def test_too_much(answer: bytes) -> None:
    """What is longer than an answer can be is no answer."""
    with pytest.raises(CheckError):
        after(SETTINGS + answer)


def test_headers_that_unfold() -> None:
    """A few bytes that stand for very long headers are no answer."""
    block = hpack.Encoder().encode([("k", "v" * 1000)] * 500)
    assert len(block) < LONGEST_FRAME

    with pytest.raises(CheckError):
        after(SETTINGS + HeadersFrame(1, block, flags=["END_HEADERS"]).serialize())


def test_errors_of_the_libraries() -> None:
    """All that either library can raise about what arrived has one of two bases."""
    found = [*vars(hpack).values(), *vars(hyperframe.exceptions).values()]
    raised = {kind for kind in found if isinstance(kind, type) and issubclass(kind, Exception)}
    bases = (hpack.HPACKError, hyperframe.exceptions.HyperframeError)

    assert len(raised) > len(bases)
    assert all(issubclass(kind, bases) for kind in raised)


def test_noise() -> None:
    """Whatever arrives, only what is known to the core is raised."""
    dice = random.Random(0)
    kinds = [ANSWER, only_trailers(("grpc-status", "5")), SETTINGS + goaway(1) + BEGIN + END]
    for _ in range(20_000):
        noise = bytearray(dice.choice(kinds))
        for _ in range(dice.randrange(1, 6)):
            noise[dice.randrange(len(noise))] = dice.randrange(256)
        exchange = begun()
        try:
            exchange.receive(bytes(noise))
            exchange.receive(b"")
        except (CheckError, ConnectionResetError):
            continue
        assert exchange.complete
