"""Servers that tell each client, in words of its own protocol, what it has said."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from hpack import Decoder, Encoder
from pamqp import commands, frame

from dephealth_testing import Connection, Fault, Stream

from .upgrades import MYSQL_GREETING

_KAFKA_APIS = ((3, 0, 1), (17, 0, 1), (18, 0, 0), (36, 0, 0))


async def _next(client: Stream, least: int = 1) -> bytes:
    return await _taken(client, len(await client.peek(least)))


async def _taken(client: Stream, count: int) -> bytes:
    data = (await client.peek(count))[:count]
    if not data or len(data) < count:
        raise ConnectionResetError("the client has left")
    client.take(count)
    return data


@dataclass(frozen=True)
class Echo(Fault):
    """The same bytes."""

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        await client.copy_to(client)


@dataclass(frozen=True)
class HTTPEcho(Fault):
    """The headers as the reason for a failure, and as where to go instead."""

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += await _next(client)
        text = b" ".join(head.split(b"\r\n"))
        if b"/health" in head:
            await client.send(b"HTTP/1.1 302 %s\r\nLocation: /at/%s\r\n\r\n" % (text, text))
        else:
            await client.send(b"HTTP/1.1 500 %s\r\nX-Echo: %s\r\n\r\n%s" % (text, text, text))


@dataclass(frozen=True)
class GRPCEcho(Fault):
    """The metadata as the message of a refusal."""

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        await client.send(_h2(4, b""))
        await _taken(client, 24)  # the preface
        kind, payload = await _frame(client)
        while kind != 1:
            kind, payload = await _frame(client)
        said = "; ".join(f"{name!s}={value!s}" for name, value in Decoder().decode(payload))
        headers = [
            (":status", "200"),
            ("content-type", "application/grpc"),
            ("grpc-status", "16"),
            ("grpc-message", said),
        ]
        await client.send(_h2(1, Encoder().encode(headers, huffman=False), 5, 1))
        await connection.ended()


def _h2(kind: int, payload: bytes, flags: int = 0, stream: int = 0) -> bytes:
    length = struct.pack(">I", len(payload))[1:]
    return length + bytes((kind, flags)) + struct.pack(">I", stream) + payload


async def _frame(client: Stream) -> tuple[int, bytes]:
    head = await _taken(client, 9)
    size = int.from_bytes(head[:3], "big")
    return head[3], await _taken(client, size) if size else b""


@dataclass(frozen=True)
class RedisEcho(Fault):
    """Each command in an error."""

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        while True:
            data = await _next(client)
            words = b" ".join(data.split(b"\r\n"))
            await client.send(b"-ERR unknown command " + words + b"\r\n")


@dataclass(frozen=True)
class PostgresEcho(Fault):
    """The password, which it asks for in clear, in the refusal."""

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        if (await client.peek(8))[4:8] == struct.pack(">I", 80877103):
            client.take(8)
            await client.send(b"N")
        settings = await _next(client, 9)
        await client.send(b"R" + struct.pack(">II", 8, 3))
        said = settings.replace(b"\0", b" ") + b" " + (await _next(client)).replace(b"\0", b" ")
        body = b"SFATAL\0C28P01\0M" + said + b"\0D" + said + b"\0\0"
        await client.send(b"E" + struct.pack(">I", len(body) + 4) + body)


@dataclass(frozen=True)
class MySQLEcho(Fault):
    """The password, which it asks for in clear, in the refusal."""

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        await client.send(_packet(MYSQL_GREETING, 0))
        said = await _next(client, 40)
        await client.send(_packet(b"\xfemysql_clear_password\0", said[3] + 1))
        more = await _next(client)
        text = (said + more).replace(b"\0", b" ")
        await client.send(
            _packet(b"\xff" + struct.pack("<H", 1045) + b"#28000" + text, more[3] + 1)
        )


def _packet(body: bytes, number: int) -> bytes:
    return struct.pack("<I", len(body))[:3] + bytes((number,)) + body


@dataclass(frozen=True)
class AMQPEcho(Fault):
    """The login as the reason for closing."""

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        await _next(client, 8)
        await client.send(frame.marshal(commands.Connection.Start(mechanisms="PLAIN"), 0))
        said = (await _next(client)).replace(b"\0", b" ").decode("latin-1")[-200:]
        await client.send(frame.marshal(commands.Connection.Close(403, said, 0, 0), 0))
        await connection.ended()


@dataclass(frozen=True)
class KafkaEcho(Fault):
    """The login, by the mechanism that is asked for, in the refusal."""

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        while True:
            request = await _taken(client, int.from_bytes(await _taken(client, 4), "big"))
            api, version, number, client_id = struct.unpack_from(">hhih", request)
            said = request[10 + max(0, client_id) :]
            match api:
                case 18 if version:
                    body = struct.pack(">hi", 35, 0)
                case 18:
                    apis = b"".join(struct.pack(">hhh", *api) for api in _KAFKA_APIS)
                    body = struct.pack(">hi", 0, len(_KAFKA_APIS)) + apis
                case 17:
                    body = struct.pack(">hi", 0, 1) + said
                case _:
                    body = struct.pack(">hh", 58, len(said)) + said + struct.pack(">i", 0)
            await client.send(struct.pack(">ii", len(body) + 4, number) + body)


@dataclass(frozen=True)
class LDAPEcho(Fault):
    """The request as the diagnostic message of a refusal."""

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        said = await _next(client)
        head = 2 if said[1] < 0x80 else 2 + (said[1] & 0x7F)
        number = said[head : head + 2 + said[head + 1]]
        text = said.replace(b"\0", b" ")
        result = _ber(0x61, b"\x0a\x01\x31\x04\0" + _ber(0x04, text))
        await client.send(_ber(0x30, number + result))
        await connection.ended()


def _ber(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x82)) + struct.pack(">H", len(content)) + content


ECHOES: Mapping[str, Fault] = {
    "http": HTTPEcho(),
    "grpc": GRPCEcho(),
    "tcp": Echo(),
    "postgres": PostgresEcho(),
    "mysql": MySQLEcho(),
    "redis": RedisEcho(),
    "amqp": AMQPEcho(),
    "kafka": KafkaEcho(),
    "ldap": LDAPEcho(),
}
