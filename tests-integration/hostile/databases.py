"""Servers of the Redis protocol, of PostgreSQL's and of MySQL's."""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping

from .wire import Script, endless, hear, numbered, pour

_GIGABYTES = b"10737418240"
_ONE_COLUMN = struct.pack("!h", 1) + b"a\0" + struct.pack("!ihihih", 0, 0, 25, -1, -1, 0)


def _pg(kind: bytes, body: bytes, size: int | None = None) -> bytes:
    return kind + struct.pack("!I", len(body) + 4 if size is None else size) + body


_PG_READY = _pg(b"R", bytes(4)) + _pg(b"S", b"server_version\x0015.0\0") + _pg(b"Z", b"I")


def _pg_setting(number: int) -> bytes:
    return _pg(b"S", b"setting_%d\0%s\0" % (number, b"v" * 1000))


def _pg_settings(sock: socket.socket) -> None:
    hear(sock)
    sock.sendall(_pg(b"R", bytes(4)))
    pour(sock, numbered(_pg_setting))


def _pg_rows(sock: socket.socket) -> None:
    hear(sock)
    sock.sendall(_PG_READY)
    hear(sock)  # Parse, Describe
    sock.sendall(_pg(b"1", b"") + _pg(b"t", bytes(2)) + _pg(b"T", _ONE_COLUMN))
    hear(sock)  # Bind, Execute
    sock.sendall(_pg(b"2", b""))
    row = _pg(b"D", struct.pack("!hi", 1, 1000) + b"v" * 1000)
    pour(sock, numbered(lambda _: row))


class _Packets:
    """MySQL's framing."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._number = 0

    def hear(self) -> None:
        self._number = hear(self._sock)[3] + 1

    def framed(self, body: bytes) -> bytes:
        number, self._number = self._number, self._number + 1
        return struct.pack("<I", len(body))[:3] + bytes((number % 256,)) + body

    def send(self, body: bytes) -> None:
        self._sock.sendall(self.framed(body))


MYSQL_GREETING = (
    b"\x0a8.0.0\0" + struct.pack("<I", 1) + b"a" * 8 + b"\0" + struct.pack("<H", 0xFFFF)
    + b"\x21" + struct.pack("<HH", 2, 0x0008) + bytes((21,)) + bytes(10) + b"b" * 12 + b"\0"
    + b"mysql_native_password\0"
)  # fmt: skip
_MY_OK = b"\0\0\0\x02\0\0\0"
_MY_EOF = b"\xfe\0\0\x02\0"
_MY_COLUMN = b"\x03def\0\0\0\x01a\0\x0c\x21\0\0\1\0\0\xfd\0\0\0\0\0"
_MOST = 0xFFFFFF


def _my_login(sock: socket.socket) -> _Packets:
    packets = _Packets(sock)
    packets.send(MYSQL_GREETING)
    packets.hear()
    packets.send(_MY_OK)
    packets.hear()  # the query
    return packets


def _my_long_packet(sock: socket.socket) -> None:
    """Packets of the greatest length: the next one belongs to each."""
    pour(sock, numbered(lambda number: b"\xff\xff\xff" + bytes((number % 256,)) + bytes(_MOST)))


def _my_columns(sock: socket.socket) -> None:
    packets = _my_login(sock)
    packets.send(b"\xfe" + struct.pack("<Q", 1 << 60))
    pour(sock, numbered(lambda _: packets.framed(_MY_COLUMN)))


def _my_rows(sock: socket.socket) -> None:
    packets = _my_login(sock)
    for body in (b"\x01", _MY_COLUMN, _MY_EOF):
        packets.send(body)
    row = b"\xfc" + struct.pack("<H", 1000) + b"v" * 1000
    pour(sock, numbered(lambda _: packets.framed(row)))


def _my_login_switches(sock: socket.socket) -> None:
    """Asks for another way to log in, again and again."""
    packets = _Packets(sock)
    packets.send(MYSQL_GREETING)
    packets.hear()
    while True:
        packets.send(b"\xfemysql_native_password\0" + b"c" * 20 + b"\0")
        packets.hear()


def _my_login_data(sock: socket.socket) -> None:
    packets = _Packets(sock)
    packets.send(MYSQL_GREETING)
    packets.hear()
    pour(sock, numbered(lambda _: packets.framed(b"\x01" + b"d" * 1000)))


SCRIPTS: Mapping[str, Script] = {
    "redis bulk string of 10 GB": endless(b"$" + _GIGABYTES + b"\r\n", b"b"),
    "redis array of a thousand million": endless(b"*1000000000\r\n", b"$1\r\na\r\n"),
    "redis endless arrays in arrays": endless(b"", b"*1\r\n"),
    "redis endless line": endless(b"+", b"A"),
    "redis endless digits": endless(b":", b"9"),
    "redis endless error": endless(b"-ERR ", b"no "),
    "redis endless pushes": endless(b"", b">2\r\n+a\r\n+b\r\n"),
    "postgres message of 2 GB": endless(_pg(b"R", b"", 0x7FFFFFFF), b"\0"),
    "postgres message of 4 GB": endless(_pg(b"R", b"", 0xFFFFFFFF), b"\0"),
    "postgres endless notices": endless(b"", _pg(b"N", b"SNOTICE\0Mhello\0\0")),
    "postgres endless settings": _pg_settings,
    "postgres endless rows": _pg_rows,
    "mysql packet without end": _my_long_packet,
    "mysql result of 2^60 columns": _my_columns,
    "mysql endless rows": _my_rows,
    "mysql endless switches of the login": _my_login_switches,
    "mysql endless login": _my_login_data,
    "mysql greeting of 16 MB": endless(b"\xff\xff\xfe\0\x0a", b"8", first=True),
}
