"""Secrets of the command's file, environment and arguments are in nothing that it prints."""

from __future__ import annotations

import base64
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from cli_command import BOUND, dephealth, started
from cli_serving import serving

from canaries.canary import Canary
from canaries.files import Written, written
from canaries.search import nothing_seen
from dephealth_testing import Garbage, ThreadedFaultProxy

LOUD = {"PYTHONWARNINGS": "always", "PYTHONASYNCIODEBUG": "1"}


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadedFaultProxy]:
    """What answers nothing that anyone understands."""
    with ThreadedFaultProxy(fault=Garbage(close=True)) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, server: ThreadedFaultProxy) -> Written:
    """A configuration file with a secret in every place that takes one."""
    return written(tmp_path_factory.mktemp("canaries"), (server.host, server.port))


def test_commands_that_end(tmp_path: Path, file: Written, server: ThreadedFaultProxy) -> None:
    """What is printed of checks and of mistakes shows no secret."""
    text = file.file.read_text()
    broken = tmp_path / "broken.toml"
    broken.write_text(
        text.replace(f":{server.port}", ":99999")
        .replace(f"port = {server.port}", "port = 0")
        .replace("password =", "passwrd =")
    )
    torn = tmp_path / "torn.toml"
    torn.write_text(text.replace('"\ncritical', "\ncritical"))
    argument = Canary("an argument", within="")
    url = f"redis://{server.host}:{server.port}"
    commands = {
        ("check", "-c", str(file.file)): 1,
        ("check", "-c", str(file.file), "--json"): 1,
        ("wait", "-c", str(file.file), "--for", "1s"): 1,
        ("validate", str(broken)): 1,
        ("validate", str(torn)): 1,
        ("check", f"redis://:{argument.value}@{server.host}:{server.port}"): 2,
        ("check", url, "-o", f"password={argument.value}", "--json"): 1,
        ("check", url, "-o", f"passwrd={argument.value}"): 2,
    }
    with (
        nothing_seen("commands that end", [*file.canaries, argument]) as heard,
        ThreadPoolExecutor(2) as pool,
    ):
        run = partial(dephealth, **file.environ, **LOUD)
        runs = dict(zip(commands, pool.map(lambda one: run(*one), commands), strict=True))
        for (command, *_), done in runs.items():
            heard.add(f"the output of {command}", done.out)
            heard.add(f"the errors of {command}", done.err)
    assert {command: done.code for command, done in runs.items()} == commands


def test_watch(file: Written) -> None:
    """What is printed of changes shows no secret."""
    with (
        nothing_seen("dephealth watch", file.canaries) as heard,
        started(["watch", "-c", str(file.file)], **file.environ, **LOUD) as process,
    ):
        assert process.stdout is not None
        for _ in range(file.file.read_text().count("[dependencies.")):
            heard.add("a line", process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=BOUND)
        heard.add("further lines", out)
        heard.add("errors", err)
    assert process.returncode == 0


def test_serve(file: Written) -> None:
    """What is served and logged shows no secret, to who may see it and to who may not."""
    password = next(one for one in file.canaries if one.place == "password of [serve]")
    with (
        nothing_seen("dephealth serve", file.canaries) as heard,
        serving("-c", str(file.file), **file.environ, **LOUD) as daemon,
    ):
        daemon.wait_for("redis-word-file")
        for secret, statuses in ((password.value, {200, 503}), ("another", {401})):
            login = base64.b64encode(f"app:{secret}".encode()).decode()
            for path in ("/", "/metrics", "/health/dependencies", "/health/ready"):
                answer = daemon.ask(path, Authorization=f"Basic {login}")
                assert answer.status in statuses
                heard.add(path, f"{answer.headers} {answer.text}")
        daemon.hang_up()
        assert daemon.stop() == 0
        heard.add("the log", "\n".join(daemon.log))
