"""Each package alone in an environment: what comes with it, and that it works there."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from environment import PACKAGES, ROOT, Environment

DRIVERS: dict[str, set[str]] = {
    "amqp": {"aiormq"},
    "cli": {"click", "rich"},
    "core": set(),
    "fastapi": {"fastapi"},
    "grpc": {"grpcio", "grpcio-health-checking"},
    "http": {"h11"},
    "kafka": {"confluent-kafka"},
    "ldap": {"ldap3"},
    "mysql": {"aiomysql"},
    "otel": {"opentelemetry-api"},
    "postgres": {"asyncpg"},
    "prometheus": {"prometheus-client"},
    "redis": {"redis"},
    "tcp": set(),
    "testing": {"pytest", "trustme"},
    "web": set(),
}
"""What each package may bring along that is not ours, with whatever that brings itself."""
STAND_ON: dict[str, set[str]] = {
    "cli": {"http", "prometheus", "tcp", "web"},
    "fastapi": {"prometheus", "web"},
    "web": {"prometheus"},
}
"""Which packages bring others of ours beside the core."""

CHECK = """
import asyncio, socket
from dephealth import Endpoint, check_once
from dephealth.api import {type}_check

with socket.socket() as unused:
    unused.bind(("127.0.0.1", 0))
    port = unused.getsockname()[1]
    it = {type}_check("it", host="127.0.0.1", port=port, critical=True)
    print(asyncio.run(check_once(it.checker, it.endpoints[0])).outcome.detail)
"""
OBSERVE = """
import asyncio
import {module}
from dephealth import Dependency, Endpoint
from dephealth.api import DependencyHealth

class Fine:
    async def check(self, endpoint):
        pass

async def main():
    dh = DependencyHealth("it", "it", Dependency(
        name="it", type="own", checker=Fine(), critical=True, endpoints=[Endpoint("it", "1")]))
    await dh.start()
    async with asyncio.timeout(10):
        while not dh.health()["it"]:
            await asyncio.sleep(0.01)
    await dh.stop()
    print(dh.health_details()["it:it:1"].detail)

for name in {module}.__all__:
    getattr({module}, name)
asyncio.run(main())
"""


def _project(package: str) -> dict[str, Any]:
    text = (ROOT / "packages" / package / "pyproject.toml").read_text()
    project: dict[str, Any] = tomllib.loads(text)["project"]
    return project


Expected = Callable[[Iterable[str]], set[str]]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Expected:
    """What must be installed with these packages, and nothing else."""

    @functools.cache
    def brought(drivers: frozenset[str]) -> set[str]:
        environment = Environment(tmp_path_factory.mktemp("drivers") / "environment")
        environment.install("pluggy", *drivers)
        return environment.installed()

    def expected(names: Iterable[str]) -> set[str]:
        ours = {"core", *names}.union(*(STAND_ON.get(name, ()) for name in names))
        drivers = frozenset[str]().union(*(DRIVERS[name] for name in ours))
        return {f"dephealth-{name}" for name in ours} | brought(drivers)

    return expected


@pytest.mark.parametrize("package", [path.name for path in PACKAGES])
def test_package_alone(package: str, environment: Environment, expected: Expected) -> None:
    """A package brings its own driver and no other one, imports, and its check works."""
    name = package.removeprefix("dephealth-")
    environment.install(package)
    assert environment.installed() == expected([name])
    if "dephealth" in _project(package).get("entry-points", {}):
        code, detail = CHECK.format(type=name), "connection_refused"
    else:
        module = "dephealth" if name == "core" else package.replace("-", "_")
        code, detail = OBSERVE.format(module=module), "ok"
    told = environment.run("-W", "error::ResourceWarning", "-c", code)
    assert told.splitlines()[-1] == detail


@pytest.mark.parametrize("extra", _project("dephealth-core")["optional-dependencies"])
def test_extra_of_the_core(extra: str, environment: Environment, expected: Expected) -> None:
    """An extra of the core brings its package, and `all` brings each of them."""
    environment.install(f"dephealth-core[{extra}]")
    names = [extra] if extra != "all" else sorted(DRIVERS.keys() - {"testing"})
    assert environment.installed() == expected(names)
