"""Secrets that real servers accept, or refuse, are seen nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import pytest

from canaries import trial
from canaries.canary import Canary
from canaries.search import nothing_seen
from dephealth.api import Dependency
from matrix.standalone import Standalone, credentials
from matrix.target import WRONG_PASSWORD, Login, Target, Tls
from private_servers import Certificates, PrivateServer
from private_servers.grpc_health import GRPCHealthServer
from private_servers.http import HTTPServer
from private_servers.kafka import KafkaServer

FIXTURES = {
    "postgres": "postgres_server",
    "mysql": "mariadb_server",
    "redis": "redis_server",
    "amqp": "rabbitmq_server",
    "ldap": "openldap_server",
}
DOORS = {"login": "right and wrong logins", "tls": "the same in TLS"}
UNGUARDED = ("grpc", "tls")
"""The one port that lets in whoever comes."""
_ECHOED = "_MultiThreadedRendezvous of"
"""What gRPC raises: this server says what it was told, of which the core tells a cleaned text."""


@pytest.fixture(scope="module")
def servers(
    request: pytest.FixtureRequest, certificates: Certificates
) -> Iterator[Mapping[str, PrivateServer]]:
    """Those that ask for a login."""
    small = {
        "http": HTTPServer(certificates=certificates),
        "grpc": GRPCHealthServer(certificates=certificates),
        "kafka": KafkaServer(certificates=certificates),
    }
    with ThreadPoolExecutor() as pool, ExitStack() as stack:
        starting = [pool.submit(stack.enter_context, server) for server in small.values()]
        found = {type: request.getfixturevalue(name) for type, name in FIXTURES.items()}
        for one in starting:
            one.result()
        yield {**small, **found}


@pytest.mark.parametrize("door", DOORS)
def test_logins(servers: Mapping[str, PrivateServer], door: str) -> None:
    """Neither a password that a real server accepts nor one that it refuses is told."""
    canaries: list[Canary] = []
    dependencies: list[Dependency] = []
    expected: dict[str, str] = {}
    for type, server in servers.items():
        for login in (Login.GOOD, Login.WRONG):
            dependency, canary = _declared(type, server, door, login)
            canaries.append(canary)
            dependencies.append(dependency)
            well = login is Login.GOOD or (type, door) == UNGUARDED
            expected[dependency.name] = "ok" if well else "auth_error"
    with nothing_seen(f"real servers: {DOORS[door]}", canaries, [_ECHOED]) as heard:
        assert trial.run(dependencies, heard, 10.0) == expected


def _declared(
    type: str, server: PrivateServer, door: str, login: Login
) -> tuple[Dependency, Canary]:
    subject = Standalone(type, tls_inside=type in {"postgres", "mysql"})
    target = Target(server=server, port=subject.door(server, door), door=door, login=login)
    if door == "tls":
        target = replace(target, tls=Tls.TRUSTING)
        if isinstance(server, KafkaServer):
            target = replace(target, port=server.sasl_tls_port, door="login")
    user, password = credentials(type, target)
    assert password is not None
    assert (password == WRONG_PASSWORD) == (login is Login.WRONG)
    name = f"{type}-{login.name.lower()}"
    canary = Canary(f"the password of {name}", password, beside=user or "")
    return replace(subject.declare(target), name=name), canary
