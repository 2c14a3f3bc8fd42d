"""All servers that the questions are asked of, started side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

import provision
from private_servers import (
    Certificates,
    MariaDBServer,
    OpenLDAPServer,
    PostgresServer,
    PrivateServer,
    RabbitMQServer,
    RedisCluster,
    RedisSentinel,
    RedisServer,
    require,
)
from private_servers.grpc_health import GRPCHealthServer
from private_servers.http import HTTPServer
from private_servers.kafka import KafkaServer
from private_servers.kafka_apache import ApacheKafkaServer, what_is_missing

if TYPE_CHECKING:
    from .subjects import Subject

Make = Callable[[Certificates], PrivateServer]

GOOD: dict[str, Make] = {
    # The slowest first.
    "amqp": lambda files: RabbitMQServer(certificates=files),
    "apache": lambda files: ApacheKafkaServer(certificates=files),
    "http": lambda files: HTTPServer(certificates=files),
    "grpc": lambda files: GRPCHealthServer(certificates=files),
    "kafka": lambda files: KafkaServer(certificates=files),
    "ldap": lambda files: OpenLDAPServer(certificates=files),
    "mysql": lambda files: MariaDBServer(certificates=files),
    "mysql plain": lambda files: MariaDBServer(certificates=files, tls=False),
    "postgres": lambda files: PostgresServer(certificates=files, max_connections=40),
    "postgres plain": lambda files: PostgresServer(certificates=files, tls=False),
    "redis": lambda files: RedisServer(certificates=files),
    "redis cluster": lambda files: RedisCluster(certificates=files),
}
STRICT: dict[str, Make] = {
    "amqp": lambda files: RabbitMQServer(certificates=files, require_client_certificate=True),
    "apache": lambda files: ApacheKafkaServer(certificates=files),
    "http": lambda files: HTTPServer(certificates=files),
    "grpc": lambda files: GRPCHealthServer(certificates=files),
    "kafka": lambda files: KafkaServer(certificates=files),
    "ldap": lambda files: OpenLDAPServer(certificates=files, require_client_certificate=True),
    "mysql": lambda files: MariaDBServer(certificates=files),
    "postgres": lambda files: PostgresServer(certificates=files),
    "redis": lambda files: RedisServer(certificates=files, require_client_certificate=True),
    "redis cluster": lambda files: RedisCluster(
        certificates=files, require_client_certificate=True
    ),
}
"""Their own certificate has expired, and where they can they demand one of clients."""


class Servers:
    """By name; "X strict" is that of `STRICT`. A context manager.

    Args:
        folder: For the certificates.
        at_once: How many are started side by side.
    """

    def __init__(self, folder: Path, at_once: int = 4) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="matrix-servers")
        self._starting: dict[str, Future[PrivateServer]] = {}
        self._programs: dict[str, str] = {}

    def __enter__(self) -> Self:
        (self._folder / "good").mkdir()
        (self._folder / "expired").mkdir()
        good = Certificates.write(self._folder / "good")
        yesterday = datetime.now(UTC) - timedelta(days=1)
        expired = Certificates.write(self._folder / "expired", not_after=yesterday)
        servers = {name: make(good) for name, make in GOOD.items()}
        servers |= {f"{name} strict": make(expired) for name, make in STRICT.items()}
        for name, server in servers.items():
            self._programs[name] = server.program
            if _missing(server.program) is None:
                self._starting[name] = self._pool.submit(server.start)
        self._programs["redis sentinel"] = RedisSentinel.program
        if "redis" in self._starting:
            self._starting["redis sentinel"] = self._pool.submit(self._sentinel)
        wait(self._starting.values())  # or a cell would take what starts for what it leaves
        return self

    def __exit__(self, *_: object) -> None:
        started = [one.result() for one in self._starting.values() if one.exception() is None]
        list(self._pool.map(lambda server: server.close(), reversed(started)))
        self._pool.shutdown()

    def having(self, subjects: Sequence[Subject]) -> Sequence[Subject]:
        """Those of *subjects* whose servers are installed."""
        return [subject for subject in subjects if subject.server_name in self._starting]

    def require(self, name: str) -> None:
        """Skip the test if the server of that name is not installed."""
        program = self._programs[name]
        if program in {one.name for one in provision.PROGRAMS}:
            require(program)
        elif (reason := _missing(program)) is not None:
            pytest.skip(reason)

    def __getitem__(self, name: str) -> PrivateServer:
        """The running server of that name; a test that asks for one not installed is skipped."""
        self.require(name)
        return self._starting[name].result()

    def _sentinel(self) -> PrivateServer:
        master = self._starting["redis"].result()
        assert isinstance(master, RedisServer)
        return RedisSentinel(master).start()


def _missing(program: str) -> str | None:
    if program == ApacheKafkaServer.program:
        return what_is_missing()
    if any(one.name == program and one.is_missing for one in provision.PROGRAMS):
        return f"{program} is not installed"
    return None
