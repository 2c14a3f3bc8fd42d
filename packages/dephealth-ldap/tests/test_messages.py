"""Messages, cut from bytes as they arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dephealth_ldap._messages import Incoming, Message, NotLDAPError, message
from dephealth_ldap._requests import UNBIND

if TYPE_CHECKING:
    from conftest import Check, FakeDirectory


MOST = 1 << 20


def cut(data: bytes, size: int) -> list[Message]:
    incoming = Incoming(MOST)
    found = []
    for begin in range(0, len(data), size):
        incoming.add(data[begin : begin + size])
        while (message := incoming.next()) is not None:
            found.append(message)
    assert incoming.rest() == b""
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 1000, 1 << 20])
def test_messages_in_pieces(directory: FakeDirectory, size: int) -> None:
    """However the bytes arrive, they are the same messages."""
    sent = [
        directory.entry(300, "dc=example", "x" * 100),
        directory.entry(300, "cn=long,dc=example", "x" * 70_000),
        directory.result(300, "searchRequest", 32, "nothing here"),
        directory.disconnection(52),
    ]

    found = cut(b"".join(sent), size)

    assert [one.raw for one in found] == sent
    assert [one.number for one in found] == [300, 300, 300, 0]
    assert [one.is_last for one in found] == [False, False, True, True]
    assert [one.is_disconnection for one in found] == [False, False, False, True]
    assert found[2].result() == (32, "nothing here")


@pytest.mark.parametrize("number", [1, 127, 128, 255, 256, 2**31 - 1])
def test_message_of_ours(number: int) -> None:
    """What we send is read as what it is."""
    [found] = cut(message(number, UNBIND), 1 << 20)

    assert (found.number, found.tag, found.content) == (number, UNBIND[0], b"")


@pytest.mark.parametrize("length", [0, 127, 128, 255, 256, 70_000])
def test_length_of_ours(length: int) -> None:
    """A message of ours can have any length."""
    content = b"x" * length
    operation = b"\x60" + b"\x83" + length.to_bytes(3, "big") + content

    [found] = cut(message(1, operation), 1 << 20)

    assert found.content == content


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",  # a TLS alert
        b"\x30\x80\x02\x01\x01",  # an indefinite length
        b"\x30\x85\x01\x00\x00\x00\x00",  # a length of five octets
        b"\x30\x84\x7f\xff\xff\xff",  # two gigabytes
        b"\x30\x00",
        b"\x30\x03\x02\x01\x01",  # no operation
        b"\x30\x05\x02\x01\x01\x65\x07",  # an operation longer than its message
        b"\x30\x05\x04\x01\x01\x65\x00",  # no number
    ],
)
async def test_no_message(check: Check, directory: FakeDirectory, data: bytes) -> None:
    """Bytes that are no message are known at once to be none."""
    directory.replies["searchRequest"] = lambda _: data

    with pytest.raises(NotLDAPError):
        cut(data, 1 << 20)
    assert await check() == "error"


async def test_answer_without_a_result(check: Check, directory: FakeDirectory) -> None:
    """An answer that has no result code is no LDAP."""
    directory.replies["searchRequest"] = lambda number: message(number, b"\x65\x00")

    assert await check() == "error"


async def test_answers_to_others(check: Check, directory: FakeDirectory) -> None:
    """Only the answer to our own request counts."""
    directory.replies["searchRequest"] = lambda number: (
        directory.result(number + 7, "searchRequest", 52)
        + directory.result(number, "searchRequest", 0)
    )

    assert await check() == "ok"


async def test_unsolicited_notification(check: Check, directory: FakeDirectory) -> None:
    """What a server says on its own is no answer."""
    directory.replies["searchRequest"] = lambda number: (
        directory.result(0, "extendedReq", 52) + directory.result(number, "searchRequest", 0)
    )

    assert await check() == "ok"


@pytest.mark.parametrize(("code", "detail"), [(52, "unhealthy"), (8, "auth_error"), (2, "error")])
async def test_notice_of_disconnection(
    check: Check, directory: FakeDirectory, code: int, detail: str
) -> None:
    """A server that leaves says why."""
    directory.replies["searchRequest"] = lambda _: directory.disconnection(code)

    assert await check() == detail


@pytest.mark.parametrize("length", [0, 1, 5, 30])
async def test_cut_within_an_answer(check: Check, directory: FakeDirectory, length: int) -> None:
    """A connection that ends before the end of the answer was cut."""
    directory.replies["searchRequest"] = lambda number: directory.entry(number, "dc=example")[
        :length
    ]
    directory.hangs_up = True

    assert await check() == "connection_reset"
