"""How a dependency on Redis is declared."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis
from redis.asyncio import Redis

from dephealth import ConfigurationError, Dependency, EndpointState, Secret, Target
from dephealth.api import DependencyHealth, redis_check
from dephealth_redis import RedisChecker

if TYPE_CHECKING:
    from conftest import FakeRedis
    from dephealth_testing import Certificates


def declared(url: str | None = None, **options: Any) -> Dependency:
    return redis_check("cache", url=url, critical=False, **options)


def checker(url: str | None = None, **options: Any) -> RedisChecker:
    found = declared(url, **options).checker
    assert isinstance(found, RedisChecker)
    return found


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://h", ["h:6379"]),
        ("rediss://h", ["h:6379"]),
        ("redis://h:6380", ["h:6380"]),
        ("redis://[::1]:6380", ["::1:6380"]),
        ("redis://a:1,b:2", ["a:1", "b:2"]),
        ("Host=h;Port=6380;Password=secret;Database=2", ["h:6380"]),
    ],
)
def test_address(url: str, address: list[str]) -> None:
    """Each host of a URL or connection string is an endpoint, on the usual port if none is said."""
    assert [str(endpoint) for endpoint in declared(url).endpoints] == address


@pytest.mark.parametrize(
    ("url", "username", "password"),
    [
        ("redis://h", None, None),
        ("redis://:p%40ss@h", None, "p@ss"),
        ("redis://user:p%40ss@h", "user", "p@ss"),
        ("redis://user@h", "user", None),
        ("redis://h?username=user&password=p%40ss", "user", "p@ss"),
        ("Host=h;Username=user;Password=p@ss", "user", "p@ss"),
    ],
)
def test_credentials(url: str, username: str | None, password: str | None) -> None:
    """User and password are read from where redis-py reads them, decoded once."""
    found = checker(url)

    assert found.username == username
    assert found.password == (Secret(password) if password else None)


@pytest.mark.parametrize(
    ("url", "db"),
    [
        ("redis://h", 0),
        ("redis://h/", 0),
        ("redis://h/0", 0),
        ("redis://h/2", 2),
        ("redis://h/2/", 2),
        ("redis://h?db=3", 3),
        ("redis://h/2?db=3", 3),
        ("Host=h;Database=2", 2),
    ],
)
def test_database_of_a_url(url: str, db: int) -> None:
    """The database is the path of the URL, or its option, which wins."""
    assert checker(url).db == db


def test_database_as_an_argument() -> None:
    """An argument beats the URL."""
    assert checker("redis://h/2", db=4).db == 4
    assert checker("redis://h/2", db=0).db == 0


@pytest.mark.parametrize(
    "url", ["redis://h/hunter2", "redis://h?db=hunter2", "redis://h/-1", "redis://h/²"]
)
def test_database_that_is_no_number(url: str) -> None:
    """A database that is no number is an error, which does not quote it."""
    with pytest.raises(ConfigurationError, match="db must be a whole number") as failure:
        declared(url)

    assert "hunter2" not in str(failure.value)


@pytest.mark.parametrize("db", [-1, 1.5, True, "x"])
def test_database_argument_that_is_no_number(db: Any) -> None:
    """So is an argument that is none."""
    with pytest.raises(ConfigurationError, match="db must be a whole number"):
        declared("redis://h", db=db)
    with pytest.raises(ConfigurationError, match="db must be a whole number"):
        RedisChecker(db=db)


@pytest.mark.parametrize(
    ("url", "tls"),
    [
        ("redis://h", False),
        ("rediss://h", True),
        ("Host=h;Ssl=true", True),
        ("Host=h;Ssl=False", False),
    ],
)
def test_tls(url: str, tls: bool) -> None:
    """TLS comes with the scheme, or with the option of a connection string."""
    assert checker(url).tls is tls


def test_tls_options_of_a_url(certificates: Certificates) -> None:
    """redis-py's own TLS options keep their meaning."""
    authority, client = certificates.authority, certificates.client
    found = checker(
        f"rediss://h?ssl_ca_certs={authority}&ssl_certfile={client.certificate}"
        f"&ssl_keyfile={client.key}&ssl_check_hostname=False&ssl_cert_reqs=required"
    )

    assert found.tls_ca_file == str(authority)
    assert found.tls_cert_file == str(client.certificate)
    assert found.tls_key_file == str(client.key)
    assert not found.tls_check_hostname
    assert not found.tls_skip_verify


@pytest.mark.parametrize("value", ["none", "CERT_NONE"])
def test_no_verification(value: str) -> None:
    """A URL may ask for no verification, as redis-py or as Celery writes it."""
    assert checker(f"rediss://h?ssl_cert_reqs={value}").tls_skip_verify


def test_unknown_verification() -> None:
    """A kind of verification that does not exist is an error that lists those that do."""
    with pytest.raises(ConfigurationError, match="none, optional or required"):
        declared("rediss://h?ssl_cert_reqs=maybe")


def test_other_options_of_a_url() -> None:
    """Options about pools, timeouts and decoding make no difference."""
    options = "max_connections=1&socket_timeout=1&decode_responses=True&protocol=3"

    assert checker(f"redis://h/1?{options}") == checker("redis://h/1")


def test_unix_socket() -> None:
    """A path is a unix socket, which has no port."""
    for found in (
        declared(host="/run/redis"),
        declared(host="/run/redis", port=0),
        declared("redis://%2Frun%2Fredis"),
    ):
        assert [str(endpoint) for endpoint in found.endpoints] == ["/run/redis:0"]


def test_password_shows_nowhere() -> None:
    """Neither the dependency nor its checker shows the password."""
    found = declared("redis://h", username="user", password="hunter2")

    assert "hunter2" not in f"{found!r} {found} {found.checker!r} {found.checker}"


def test_blocking_client() -> None:
    """A blocking client is refused when it is declared, and the dependency named."""
    with pytest.raises(ConfigurationError, match=r"'cache': .* give a redis.asyncio.Redis"):
        declared(client=redis.Redis())


class FirstResult:
    """An exporter that waits for the first result."""

    def __init__(self) -> None:
        self._seen: asyncio.Future[Target] = asyncio.get_running_loop().create_future()

    def on_added(self, target: Target) -> None:
        pass

    def on_removed(self, target: Target) -> None:
        pass

    def on_result(self, target: Target, state: EndpointState) -> None:
        if not self._seen.done():
            self._seen.set_result(target)

    async def target(self) -> Target:
        return await asyncio.wait_for(self._seen, 10)


async def test_client_alone(server: FakeRedis) -> None:
    """A client is all that is needed: the labels have the address that it goes to."""
    result = FirstResult()
    client = Redis.from_url(f"redis://127.0.0.1:{server.port}", max_connections=20)
    dh = DependencyHealth(
        "my-service",
        "my-team",
        redis_check("redis-cache", client=client, critical=False),
        exporters=[result],
    )
    await dh.start()
    target = await result.target()
    await dh.stop()
    await client.aclose()

    assert (target.host, target.port) == ("127.0.0.1", str(server.port))
    assert dh.health() == {"redis-cache": True}


def test_readme() -> None:
    """The examples of the README can be declared as they are written."""
    text = (Path(__file__).parent.parent / "README.md").read_text()
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)

    assert examples
    for example in examples:
        exec(example, {})
