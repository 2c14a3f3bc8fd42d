"""Private Kafka brokers: what all of them have, and a cluster of mock ones."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import ClassVar

from ._server import PASSWORD, PrivateServer


class AnyKafkaServer(PrivateServer):
    """A broker: without TLS and login on `port`, and with them on ports of their own.

    The mechanisms are PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. On `port` there are all rights.

    Attributes:
        user: Has no right but to log in, with `password`.
    """

    user: ClassVar[str] = "app"
    password: ClassVar[str] = PASSWORD

    _port_names: ClassVar[tuple[str, ...]] = (
        "port",
        "tls_port",
        "mtls_port",
        "sasl_port",
        "sasl_tls_port",
    )

    @property
    def tls_port(self) -> int:
        """The port with TLS."""
        return self._port("tls_port")

    @property
    def mtls_port(self) -> int:
        """The port with TLS for clients that show a certificate."""
        return self._port("mtls_port")

    @property
    def sasl_port(self) -> int:
        """The port with a login."""
        return self._port("sasl_port")

    @property
    def sasl_tls_port(self) -> int:
        """The port with a login inside of TLS."""
        return self._port("sasl_tls_port")

    @property
    def _user(self) -> None:
        """There is no package that has made one."""


class KafkaServer(AnyKafkaServer):
    """Three brokers: librdkafka's mock cluster, with TLS and logins added to the first one.

    Each broker tells clients of `ports`, of which `port` is the first.
    """

    program: ClassVar[str] = "kafka"

    _port_names = (*AnyKafkaServer._port_names, "port2", "port3", "control_port")
    _ready_line = "the cluster is ready"

    @property
    def ports(self) -> tuple[int, int, int]:
        """The brokers' ports, without TLS and login."""
        return self.port, self._port("port2"), self._port("port3")

    @property
    def connections(self) -> list[int]:
        """How many connections each of `ports` has accepted since the start."""
        return self._tell("count")

    def down(self, broker: int) -> None:
        """Have broker 1, 2 or 3 refuse connections on its one of `ports`."""
        self._tell("down", broker=broker)

    def up(self, broker: int) -> None:
        """Have it accept them again."""
        self._tell("up", broker=broker)

    def delay(self, broker: int, milliseconds: int) -> None:
        """Have it answer each request so much later."""
        self._tell("delay", broker=broker, milliseconds=milliseconds)

    def make_topics(self, count: int, partitions: int) -> None:
        """Make topics, which stay until the end of the process."""
        self._tell("topics", count=count, partitions=partitions)

    def _tell(self, operation: str, **arguments: int) -> list[int]:
        order = json.dumps({"operation": operation, **arguments}).encode() + b"\n"
        with socket.create_connection((self.host, self._port("control_port")), 10) as control:
            control.sendall(order)
            with control.makefile("rb") as answer:
                told: list[int] = json.load(answer)
        return told

    @property
    def _environment(self) -> dict[str, str]:
        return super()._environment | {"PYTHONPATH": str(Path(__file__).parent.parent)}

    def _command(self) -> list[str]:
        told = {
            "folder": str(self.folder),
            "hosts": self.hosts,
            "ports": self.ports,
            "users": {self.user: self.password},
            **{name: self._port(name) for name in self._port_names},
        }
        return [sys.executable, "-P", "-m", "private_servers.kafka_mock", json.dumps(told)]
