"""The program of `KafkaServer`: librdkafka's mock cluster behind listeners of ours.

Told in its only argument what to listen on, as JSON; then on a port of its own what to do.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import ssl
import sys
from pathlib import Path
from typing import Any

import confluent_kafka

from .kafka_listener import Listener

_PRODUCER = 0


class _Cluster:
    """librdkafka's mock cluster (rdkafka_mock.h), which serves from threads of its own."""

    def __init__(self, brokers: int) -> None:
        folder = Path(confluent_kafka.__file__).parent.parent / "confluent_kafka.libs"
        self._library = ctypes.CDLL(str(next(folder.glob("librdkafka-*"))))
        pointer, error = ctypes.c_void_p, ctypes.create_string_buffer(512)
        configuration = self._call(pointer, "rd_kafka_conf_new")
        owner = self._call(
            pointer, "rd_kafka_new", _PRODUCER, pointer(configuration), error, len(error)
        )
        if not owner:
            raise RuntimeError(error.value.decode())
        made = self._call(pointer, "rd_kafka_mock_cluster_new", pointer(owner), brokers)
        self._handle = pointer(made)

    def addresses(self) -> list[tuple[str, int]]:
        """Where its brokers listen."""
        told = self._call(ctypes.c_char_p, "rd_kafka_mock_cluster_bootstraps", self._handle)
        pairs = (address.rsplit(":", 1) for address in told.decode().split(","))
        return [(host, int(port)) for host, port in pairs]

    def advertise(self, broker: int, host: str, port: int) -> None:
        """Have clients told that a broker is elsewhere."""
        self._ask("broker_set_host_port", ctypes.c_int32(broker), host.encode(), port)

    def delay(self, broker: int, milliseconds: int) -> None:
        """Have a broker answer so much later."""
        self._ask("broker_set_rtt", ctypes.c_int32(broker), milliseconds)

    def topics(self, count: int, partitions: int) -> None:
        """Make topics."""
        for number in range(count):
            self._ask("topic_create", f"topic-{number}".encode(), partitions, 1)

    def _ask(self, name: str, *arguments: Any) -> None:
        if code := self._call(ctypes.c_int, f"rd_kafka_mock_{name}", self._handle, *arguments):
            raise RuntimeError(f"{name} returned {code}")

    def _call(self, result: Any, name: str, *arguments: Any) -> Any:
        function = self._library[name]
        function.restype = result
        return function(*arguments)


class _Program:
    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told
        self._cluster = _Cluster(len(told["ports"]))
        brokers = self._cluster.addresses()
        hosts = told["hosts"]
        self._plain = [
            Listener(hosts, port, broker)
            for port, broker in zip(told["ports"], brokers, strict=True)
        ]
        tls = self._context(require_client=False)
        users = told["users"]
        self._others = [
            Listener(hosts, told["tls_port"], brokers[0], tls),
            Listener(hosts, told["mtls_port"], brokers[0], self._context(require_client=True)),
            Listener(hosts, told["sasl_port"], brokers[0], users=users),
            Listener(hosts, told["sasl_tls_port"], brokers[0], tls, users),
        ]

    def _context(self, *, require_client: bool) -> ssl.SSLContext:
        folder = Path(self._told["folder"])
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        if require_client:
            context.load_verify_locations(folder / "ca.pem")
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    async def run(self) -> None:
        for number, port in enumerate(self._told["ports"], start=1):
            self._cluster.advertise(number, self._told["hosts"][0], port)
        for listener in (*self._plain, *self._others):
            await listener.up()
        control = await asyncio.start_server(
            self._obey, self._told["hosts"], self._told["control_port"]
        )
        print("the cluster is ready", flush=True)
        await control.serve_forever()

    async def _obey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        result = await self._do(**json.loads(await reader.readline()))
        writer.write(json.dumps(result).encode())
        writer.close()

    async def _do(self, operation: str, **arguments: int) -> list[int]:
        match operation:
            case "down":
                self._plain[arguments["broker"] - 1].down()
            case "up":
                await self._plain[arguments["broker"] - 1].up()
            case "delay":
                self._cluster.delay(**arguments)
            case "topics":
                self._cluster.topics(**arguments)
        return [listener.connections for listener in self._plain]


if __name__ == "__main__":
    asyncio.run(_Program(json.loads(sys.argv[1])).run())
