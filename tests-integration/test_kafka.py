"""Kafka: what its checker says of brokers that work, fail and come back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psutil
import pytest
from confluent_kafka.admin import AdminClient

from dephealth import Endpoint, check_once
from dephealth.api import kafka_check
from dephealth_kafka import KafkaChecker
from private_servers.kafka import AnyKafkaServer, KafkaServer
from private_servers.kafka_apache import ApacheKafkaServer, what_is_missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from private_servers import Certificates

MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
LOGIN: dict[str, Any] = {
    "username": AnyKafkaServer.user,
    "password": AnyKafkaServer.password,
}


@pytest.fixture(scope="module", params=[KafkaServer, ApacheKafkaServer])
def kafka(request: pytest.FixtureRequest, certificates: Certificates) -> Iterator[AnyKafkaServer]:
    """A running broker, a mock or Apache Kafka: a test leaves it as it was."""
    if request.param is ApacheKafkaServer and (missing := what_is_missing()) is not None:
        pytest.skip(missing)
    server: AnyKafkaServer = request.param(certificates=certificates)
    with server:
        yield server


@pytest.fixture(scope="module")
def cluster(certificates: Certificates) -> Iterator[KafkaServer]:
    """Three running brokers: a test leaves them as they were."""
    with KafkaServer(certificates=certificates) as server:
        yield server


async def _detail(port: int, timeout: float = 5.0, host: str = "localhost", **options: Any) -> str:
    check = await check_once(KafkaChecker(**options), Endpoint(host, str(port)), timeout)
    assert check.outcome is not None, check
    assert check.expected, check
    return check.outcome.detail


@pytest.mark.parametrize("number", [0, 1, 2])
async def test_each_broker_answers(cluster: KafkaServer, number: int) -> None:
    """Every broker of a cluster that works is available."""
    assert await _detail(cluster.ports[number]) == "ok"


async def test_only_the_broker_of_the_endpoint_is_asked(cluster: KafkaServer) -> None:
    """Brokers that are named in the answer see no connection."""
    before = cluster.connections
    for _ in range(20):
        assert await _detail(cluster.ports[1], host="127.0.0.1") == "ok"

    assert cluster.connections == [before[0], before[1] + 20, before[2]]


async def test_broker_that_is_down_is_told_and_no_other(cluster: KafkaServer) -> None:
    """When one broker is down it is unavailable, and its neighbours are not."""
    cluster.down(2)
    try:
        details = [await _detail(port) for port in cluster.ports]
    finally:
        cluster.up(2)

    assert details == ["ok", "connection_refused", "ok"]
    assert await _detail(cluster.ports[1]) == "ok"


async def test_topics_cost_nothing(cluster: KafkaServer) -> None:
    """A cluster with many partitions is checked as any other."""
    cluster.make_topics(count=10, partitions=100)
    assert await _detail(cluster.port) == "ok"


async def test_no_topic_is_made(kafka: AnyKafkaServer) -> None:
    """A cluster that makes each topic that is asked for has the same ones after a check."""
    admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{kafka.port}"})
    before = set(admin.list_topics(timeout=10).topics)
    assert await _detail(kafka.port) == "ok"
    assert set(admin.list_topics(timeout=10).topics) == before


async def test_slow_broker_is_waited_for(cluster: KafkaServer) -> None:
    """A broker that takes its time is available within the timeout, and a timeout beyond it."""
    cluster.delay(3, milliseconds=200)
    try:
        details = [await _detail(cluster.ports[2], timeout) for timeout in (5.0, 0.3)]
    finally:
        cluster.delay(3, milliseconds=0)

    assert details == ["ok", "timeout"]


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_login(kafka: AnyKafkaServer, mechanism: str) -> None:
    """The right password opens the way by each mechanism, with TLS and without."""
    ca_file = str(kafka.certificates.ca_file)
    login = {**LOGIN, "sasl_mechanism": mechanism}
    assert await _detail(kafka.sasl_port, **login) == "ok"
    assert await _detail(kafka.sasl_tls_port, **login, tls=True, tls_ca_file=ca_file) == "ok"


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("wrong", ["username", "password"])
async def test_wrong_login(kafka: AnyKafkaServer, mechanism: str, wrong: str) -> None:
    """A wrong user or password is an authentication error by each mechanism, at once."""
    login = {**LOGIN, wrong: "not this one", "sasl_mechanism": mechanism}
    assert await _detail(kafka.sasl_port, **login) == "auth_error"


async def test_missing_login(kafka: AnyKafkaServer) -> None:
    """A broker that closes the connection of who does not log in wants a login."""
    ca_file = str(kafka.certificates.ca_file)
    assert await _detail(kafka.sasl_port) == "auth_error"
    assert await _detail(kafka.sasl_tls_port, tls=True, tls_ca_file=ca_file) == "auth_error"


async def test_url_with_a_password_that_needs_quoting(kafka: AnyKafkaServer) -> None:
    """Credentials and options of a URL are those of the check."""
    login = f"{AnyKafkaServer.user}:{quote(AnyKafkaServer.password, safe='')}"
    url = f"kafka://{login}@127.0.0.1:{kafka.sasl_port}?sasl_mechanism=scram-sha-256"
    dependency = kafka_check("events", url=url, critical=True)

    check = await check_once(dependency.checker, dependency.endpoints[0])
    assert check.outcome is not None
    assert check.outcome.detail == "ok"


async def test_memory_stays(kafka: AnyKafkaServer) -> None:
    """Five hundred checks leave neither memory nor threads behind."""
    process = psutil.Process()
    for _ in range(100):
        await _detail(kafka.port, host="127.0.0.1")
    before = process.memory_info().rss
    threads = process.num_threads()
    for _ in range(500):
        await _detail(kafka.port, host="127.0.0.1")

    async with asyncio.timeout(2.0):
        while process.num_threads() > threads:  # the last one is just ending
            await asyncio.sleep(0.01)
    assert process.memory_info().rss - before < 4_000_000
