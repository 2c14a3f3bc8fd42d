"""A plugin that is written from the page alone, outside of this repository."""

from __future__ import annotations

import json
import re
import shlex
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import page
from environment import Environment, build
from private_servers import MemcachedServer, require

WELL = "memcached://cache.svc:11211"
EXPORTED = """
from prometheus_client import generate_latest
print(generate_latest().decode())
"""
"""Follows the page's program, to show what it has exported."""
OUTCOME = """
import asyncio, json, sys
from dephealth import check_once
from dephealth.api import memcached_check
it = memcached_check("it", **json.loads(sys.argv[1]), critical=True)
print(asyncio.run(check_once(it.checker, it.endpoints[0])).outcome.detail)
"""
FULL_CITIZEN = """
import asyncio, os, sys
import dephealth.api
from dephealth import CheckerRegistry, Endpoint
from dephealth.api import DependencyHealth, DependencyType, MemcachedChecker, memcached_check

loaded = [name for name in sys.modules if name.startswith("dephealth_")]
assert loaded == ["dephealth_memcached", "dephealth_memcached.plugin",
                  "dephealth_memcached._checker"], loaded
assert "memcached_check" in dir(dephealth.api)
registry = CheckerRegistry()
assert registry.types() == ["memcached", "tcp"]
assert registry.by_scheme("memcached").checker() is MemcachedChecker
os.environ["DEPHEALTH_CACHE_URL"] = sys.argv[1]
os.environ["DEPHEALTH_CACHE_CRITICAL"] = "no"
from_environment = memcached_check("cache")

async def main():
    dh = DependencyHealth("it", "it", from_environment)
    await dh.start()
    host, port = sys.argv[1].removeprefix("memcached://").split(":")
    await dh.add_endpoint("more", "memcached", True, Endpoint(host, port), MemcachedChecker())
    async with asyncio.timeout(10):
        while dh.health() != {"cache": True, "more": True}:
            await asyncio.sleep(0.01)
    await dh.stop()
    print({status.type for status in dh.health_details().values()})

asyncio.run(main())
"""
OPENTELEMETRY = """
import json, sys
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader]))
{program}
data = json.loads(reader.get_metrics_data().to_json())
for resource in data["resource_metrics"]:
    for scope in resource["scope_metrics"]:
        for metric in scope["metrics"]:
            for point in metric["data"]["data_points"]:
                print(metric["name"], point.get("value"), json.dumps(point["attributes"]))
"""


def test_author_writes_little() -> None:
    """The author of the example writes at most 60 lines of code, and 15 of tests."""
    counted = {path: page.lines(code) for path, code in page.files().items()}
    code = sum(number for path, number in counted.items() if path.startswith("src/"))
    tests = sum(number for path, number in counted.items() if path.startswith("tests/"))
    assert len(counted) == 3
    assert 0 < code <= 60
    assert 0 < tests <= 15


def _written(environment: Environment, folder: Path, server: MemcachedServer) -> Path:
    """Do what the page says, in *folder*; gives the wheel that comes of it."""
    folder.mkdir()
    here = folder
    for command in page.commands():
        match shlex.split(command):
            case ["pip", "install", *what]:
                what = [part.replace(".[", f"{here}[") for part in what if part != "build"]
                environment.install(*what)
            case ["python", "-m", "build"]:
                return build(here, folder / "dist")
            case ["python", *arguments]:
                environment.run(*arguments, cwd=here)
            case ["cd", into]:
                here /= into
            case ["rm", *paths]:
                for path in paths:
                    (here / path).unlink()
                for path, code in page.files().items():
                    (here / path).write_text(code)
            case ["pytest"]:
                environment.run(
                    "-m", "pytest", "-q", cwd=here, env={"MEMCACHED_PORT": str(server.port)}
                )
            case _:
                raise AssertionError(f"the page says {command!r}")
    raise AssertionError("the page builds nothing")


def test_plugin_outside_the_repository(tmp_path: Path) -> None:
    """Who does as the page says has a plugin that passes the kit, and is a full citizen."""
    require("memcached")
    with MemcachedServer() as server, MemcachedServer(password="secret") as locked:
        author = Environment(tmp_path / "author")
        built = _written(author, tmp_path / "work", server)
        author.install("mypy")
        sources = tmp_path / "work" / "dephealth-memcached" / "src"
        author.run("-m", "mypy", "--strict", str(sources))

        user = Environment(tmp_path / "user")
        user.install(str(built), "dephealth-tcp", "dephealth-prometheus")
        author.run("-m", "mypy", "--strict", "-c", page.program())
        url = f"memcached://127.0.0.1:{server.port}"
        told = user.run("-c", page.program().replace(WELL, url) + EXPORTED)
        labels = f'group="my-team",host="127.0.0.1",name="my-service",port="{server.port}"'
        start = 'critical="no",dependency="cache"'
        assert "{'cache': True}" in told
        assert f'app_dependency_health{{{start},{labels},type="memcached"}} 1.0' in told
        assert user.run("-c", FULL_CITIZEN, url).splitlines()[-1] == "{'memcached'}"

        assert _outcome(user, url=url) == "ok"
        elsewhere = f"127.0.0.1:{locked.port}"
        assert _outcome(user, url=f"memcached://app:secret@{elsewhere}") == "ok"
        assert _outcome(user, url=f"memcached://app:wrong@{elsewhere}") == "auth_error"
        assert _outcome(user, url=f"memcached://{elsewhere}") == "auth_error"
        with _out_of_memory() as sick:
            told = user.run("-c", page.program().replace(WELL, sick) + EXPORTED)
        assert re.search(r'^app_dependency_status{.*status="unhealthy".*} 1.0$', told, re.MULTILINE)
        assert re.search(
            r'^app_dependency_status_detail{.*detail="server_error"', told, re.MULTILINE
        )
        _exports_to_opentelemetry(user, url)
        _is_known_to_the_command_line(user, url)


class _OutOfMemory(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for _ in self.rfile:
            self.wfile.write(b"SERVER_ERROR out of memory\r\n")


@contextmanager
def _out_of_memory() -> Iterator[str]:
    """The URL of a memcached that has no memory left."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _OutOfMemory) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"memcached://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _outcome(user: Environment, **options: str) -> str:
    return user.run("-c", OUTCOME, json.dumps(options)).strip()


def _exports_to_opentelemetry(user: Environment, url: str) -> None:
    user.install("dephealth-otel", "opentelemetry-sdk")
    told = user.run("-c", OPENTELEMETRY.format(program=page.program().replace(WELL, url)))
    (line,) = (line for line in told.splitlines() if line.startswith("app_dependency_health "))
    _, value, attributes = line.split(" ", 2)
    assert float(value) == 1.0
    assert json.loads(attributes)["type"] == "memcached"


def _is_known_to_the_command_line(user: Environment, url: str) -> None:
    user.install("dephealth-cli")
    assert "memcached" in user.run("-m", "dephealth_cli", "plugins")
    user.run("-m", "dephealth_cli", "check", url)
