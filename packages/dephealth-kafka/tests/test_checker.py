"""What is particular to Kafka: who is asked for what, and what the answers mean."""

from __future__ import annotations

import asyncio
import shutil
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from dephealth import Endpoint, SingleCheck, UnhealthyError, check_once
from dephealth_kafka import KafkaChecker
from dephealth_testing import Certificates, FaultProxy, Garbage, Refuse, Silent, assert_nothing_left

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import FakeBroker

    Brokers = type[FakeBroker]

_ME = psutil.Process()


def _detail(check: SingleCheck) -> str:
    assert check.outcome is not None, check
    assert check.expected, check
    return check.outcome.detail


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_broker_that_names_brokers_is_ok(broker: Brokers, host: str) -> None:
    """A broker that answers is available, over IPv4 as over IPv6."""
    async with broker(host=host) as server:
        assert _detail(await check_once(KafkaChecker(), server.endpoint)) == "ok"


async def test_brokers_that_are_named_are_not_asked(broker: Brokers) -> None:
    """One connection is made: who else is in the cluster, and whether it works, does not matter."""
    async with broker(brokers=1) as other, broker(brokers=30) as server:
        await check_once(KafkaChecker(), server.endpoint)

        assert (server.connections, other.connections) == (1, 0)


async def test_no_topic_is_named(broker: Brokers) -> None:
    """One request for metadata is sent, for no topics: none is read, and none is made."""
    async with broker() as server:
        await check_once(KafkaChecker(), server.endpoint)

        assert server.asked == [b"\0\0\0\0"]


async def test_empty_list_of_brokers_is_unhealthy(broker: Brokers) -> None:
    """A broker that answers and knows of no broker is not well."""
    async with broker(brokers=0) as server:
        check = await check_once(KafkaChecker(), server.endpoint)

    assert _detail(check) == "no_brokers"


async def test_broker_that_hangs_up_on_the_request_has_reset(broker: Brokers) -> None:
    """A broker that closes the connection instead of an answer is told as that, at once."""
    async with broker(hangs_up=True) as server:
        check = await check_once(KafkaChecker(), server.endpoint)

    assert _detail(check) == "connection_reset"
    assert check.latency < 1.0


@pytest.mark.parametrize(
    ("code", "detail"), [(0, "auth_error"), (33, "auth_error"), (34, "connection_reset")]
)
async def test_broker_that_would_begin_a_login_wants_one(
    broker: Brokers, code: int, detail: str
) -> None:
    """A broker that hangs up on who does not log in, but offers a login, is told as that."""
    async with broker(hangs_up=True, login=code) as server:
        check = await check_once(KafkaChecker(), server.endpoint)

    assert _detail(check) == detail


async def test_broker_that_does_not_answer_the_request_is_a_timeout(broker: Brokers) -> None:
    """A broker that stops after it has greeted is a timeout, on time."""
    async with broker(silent=True) as server:
        check = await check_once(KafkaChecker(), server.endpoint, 0.3)

    assert _detail(check) == "timeout"
    assert check.latency < 0.4


@pytest.mark.parametrize("size", [100_000, 1 << 30])
async def test_absurd_size_is_an_error(broker: Brokers, size: int) -> None:
    """An answer of absurd size is an error as soon as its length is known, and takes no memory."""
    async with broker(size=size) as server:
        await check_once(KafkaChecker(), server.endpoint)
        before = _ME.memory_info().rss
        check = await check_once(KafkaChecker(), server.endpoint)

    assert _detail(check) == "error"
    assert _ME.memory_info().rss - before < 10_000_000


@pytest.mark.parametrize("addresses", [["127.0.0.1", "::1"], ["::1", "127.0.0.1"]])
async def test_one_address_that_answers_is_enough(broker: Brokers, addresses: list[str]) -> None:
    """A name with several addresses is available if there is a broker at any of them."""
    async with broker(host="127.0.0.1") as server:
        await KafkaChecker()._check_at_any(server.endpoint, addresses)

        assert server.connections == 1


async def test_broker_that_is_not_well_ends_the_search(broker: Brokers) -> None:
    """Another address of the name is asked only if there is no connection to the first."""
    async with broker(brokers=0) as server:
        with pytest.raises(UnhealthyError):
            await KafkaChecker()._check_at_any(server.endpoint, ["127.0.0.1", "127.0.0.1"])

        assert server.connections == 1


async def test_refusal_at_all_addresses_is_a_refusal() -> None:
    """A name whose every address refuses is a refused connection."""
    async with FaultProxy(fault=Refuse()) as server:
        check = await check_once(KafkaChecker(), Endpoint("localhost", str(server.port)))

    assert _detail(check) == "connection_refused"


async def test_login_that_the_broker_does_not_know_is_an_auth_error(broker: Brokers) -> None:
    """Credentials for a broker without logins are an authentication error."""
    async with broker() as server:
        checker = KafkaChecker(username="app", password="secret")
        check = await check_once(checker, server.endpoint)

    assert _detail(check) == "auth_error"


@pytest.mark.parametrize("fault", [Silent(), Refuse(), Garbage(close=True)])
async def test_no_native_thread_is_left(fault: Silent | Refuse | Garbage) -> None:
    """The threads that librdkafka starts end with the check that they were started for."""
    async with FaultProxy(fault=fault) as server:
        endpoint = Endpoint(server.host, str(server.port))
        await check_once(KafkaChecker(), endpoint, 0.1)
        before = _ME.num_threads()
        for _ in range(4):
            await asyncio.gather(*(check_once(KafkaChecker(), endpoint, 0.1) for _ in range(25)))
        async with asyncio.timeout(2.0):
            while _ME.num_threads() > before:
                await asyncio.sleep(0.01)


async def test_cancelled_check_ends_at_once(broker: Brokers) -> None:
    """A check that is cancelled while it waits for the broker ends within a moment."""
    async with broker(silent=True) as server, assert_nothing_left():
        task = asyncio.create_task(KafkaChecker().check(server.endpoint))
        async with asyncio.timeout(5.0):
            while not server.asked:
                await asyncio.sleep(0.01)
        before = time.perf_counter()
        task.cancel()
        await asyncio.wait([task], timeout=5.0)

    assert task.cancelled()
    assert time.perf_counter() - before < 0.1


async def test_librdkafka_prints_nothing(
    broker: Brokers, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written to the standard streams, whatever happens."""
    async with broker() as server, broker(hangs_up=True) as other, FaultProxy() as silent:
        await check_once(KafkaChecker(), server.endpoint)
        await check_once(KafkaChecker(), other.endpoint)
        await check_once(KafkaChecker(username="a", password="b"), server.endpoint)
        await check_once(KafkaChecker(tls=True), server.endpoint, 0.1)
        await check_once(KafkaChecker(), Endpoint(silent.host, str(silent.port)), 0.1)

    assert capfd.readouterr() == ("", "")


async def test_file_that_is_gone_meanwhile_is_told(
    broker: Brokers, certificates: Certificates, tmp_path: Path
) -> None:
    """A file that cannot be read any more is an error that says what it is for."""
    ca_file = tmp_path / "ca.pem"
    shutil.copy(certificates.authority, ca_file)
    checker = KafkaChecker(tls=True, tls_ca_file=str(ca_file))
    ca_file.unlink()
    async with broker() as server:
        check = await check_once(checker, server.endpoint)

    assert _detail(check) == "error"
    assert "ssl.ca.location failed" in check.reason
