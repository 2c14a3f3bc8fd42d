"""LDAP messages as bytes (RFC 4511, sections 4.1 and 5.1)."""

from __future__ import annotations

from dataclasses import dataclass

from dephealth import CheckError

_INTEGER, _SEQUENCE = 0x02, 0x30
_ENTRY, _REFERENCE, _EXTENDED, _INTERMEDIATE = 0x64, 0x73, 0x78, 0x79
_MORE_FOLLOWS = frozenset({_ENTRY, _REFERENCE, _INTERMEDIATE})
_DISCONNECTION = b"1.3.6.1.4.1.1466.20036"
_SHORT_LENGTH = 0x7F
_MOST_LENGTH_OCTETS = 4


class NotLDAPError(CheckError):
    """What arrived is no LDAP."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a server: `number` is that of the request which it belongs to."""

    number: int
    tag: int
    content: bytes
    raw: bytes

    @property
    def is_last(self) -> bool:
        """Whether it is the last one that belongs to its request."""
        return self.tag not in _MORE_FOLLOWS

    @property
    def is_disconnection(self) -> bool:
        """Whether the server says on its own that it ends the connection (section 4.4.1)."""
        return self.number == 0 and self.tag == _EXTENDED and _DISCONNECTION in self.content

    def result(self) -> tuple[int, str]:
        """The result code, and what the server says to it, of a last message."""
        _, code, at = _element(self.content, 0)
        _, _, at = _element(self.content, at)
        _, text, _ = _element(self.content, at)
        return int.from_bytes(code, "big"), text.decode(errors="replace")


class Incoming:
    """Bytes as they arrive, cut into messages.

    Args:
        most: Bytes that one message may have.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._bytes = bytearray()

    def add(self, data: bytes) -> None:
        """*data* has arrived."""
        self._bytes += data

    def next(self) -> Message | None:
        """Take the next message; None if it has not arrived yet.

        Raises:
            NotLDAPError: It is none. It can still be taken by `rest`.
        """
        if self._bytes and self._bytes[0] != _SEQUENCE:
            raise NotLDAPError("the answer is no LDAP message")
        span = _span(self._bytes, 0)
        if span is None:
            return None
        _, end = span
        if end > self.most:
            raise NotLDAPError(f"the answer begins like an LDAP message of {end} bytes")
        if len(self._bytes) < end:
            return None
        message = _read(bytes(self._bytes[:end]))
        del self._bytes[:end]
        return message

    def rest(self) -> bytes:
        """Take all that has arrived."""
        rest = bytes(self._bytes)
        self._bytes.clear()
        return rest


def message(number: int, operation: bytes) -> bytes:
    """The message that carries *operation*, which is encoded already."""
    return _encoded(
        _SEQUENCE,
        _encoded(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big")) + operation,
    )


def _encoded(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length <= _SHORT_LENGTH:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def _read(raw: bytes) -> Message:
    _, content, _ = _element(raw, 0)
    tag, number, at = _element(content, 0)
    if tag != _INTEGER:
        raise NotLDAPError("the answer has no message number")
    tag, operation, _ = _element(content, at)
    return Message(int.from_bytes(number, "big"), tag, operation, raw)


def _element(data: bytes, at: int) -> tuple[int, bytes, int]:
    """Tag, content and end of the element at *at*."""
    span = _span(data, at)
    if span is None or span[1] > len(data):
        raise NotLDAPError("the answer is not encoded as LDAP messages are")
    begin, end = span
    return data[at], data[begin:end], end


def _span(data: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """Where the content of the element at *at* begins and ends; None if that is not yet known."""
    begin = at + 2
    if len(data) < begin:
        return None
    length = data[at + 1]
    if length > _SHORT_LENGTH:
        octets = length & _SHORT_LENGTH
        if not 0 < octets <= _MOST_LENGTH_OCTETS:
            raise NotLDAPError("the answer is not encoded as LDAP messages are")
        if len(data) < begin + octets:
            return None
        length = int.from_bytes(data[begin : begin + octets], "big")
        begin += octets
    return begin, begin + length
