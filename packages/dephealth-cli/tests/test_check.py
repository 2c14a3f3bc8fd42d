"""`dephealth check` as a process."""

from __future__ import annotations

import http.server
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_command import BOUND, COMMAND, dephealth, environment, started
from cli_files import Plugin, Write

from dephealth_testing import FaultProxyFactory, Silent, ThreadedFaultProxy

SECRET = "hunter2-secret"


def url(server: ThreadedFaultProxy, scheme: str = "tcp", path: str = "") -> str:
    return f"{scheme}://{server.host}:{server.port}{path}"


@pytest.fixture
def paths() -> Iterator[tuple[str, list[str]]]:
    """The address of an HTTP server, and the paths that it was asked for."""
    seen: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()
        thread.join()


def test_all_healthy(up: ThreadedFaultProxy) -> None:
    """When all are healthy the exit code is 0."""
    done = dephealth("check", url(up), url(up, "http"))
    assert (done.code, done.err) == (0, "")
    heading, tcp, web = done.out.splitlines()
    assert heading.split() == [
        "DEPENDENCY", "TYPE", "ADDRESS", "HEALTH", "STATUS", "DETAIL", "LATENCY", "REASON",
    ]  # fmt: skip
    assert tcp.split()[:6] == ["tcp", "tcp", f"{up.host}:{up.port}", "up", "ok", "ok"]
    assert web.split()[:6] == ["http", "http", f"{up.host}:{up.port}", "up", "ok", "ok"]


def test_some_are_not(up: ThreadedFaultProxy, down: ThreadedFaultProxy) -> None:
    """When one is not healthy the exit code is 1, and its line says why."""
    done = dephealth("check", url(up), url(down))
    assert done.code == 1
    line = done.out.splitlines()[2]
    assert line.split()[:4] == ["tcp-2", "tcp", f"{down.host}:{down.port}", "DOWN"]
    assert line.split()[4:6] == ["connection_error", "connection_refused"]
    assert "ConnectionRefusedError" in line


def test_every_host_of_a_url(up: ThreadedFaultProxy, down: ThreadedFaultProxy) -> None:
    """Each host of a URL is checked, and one that is not healthy is enough for 1."""
    done = dephealth("check", f"tcp://{up.host}:{up.port},{down.host}:{down.port}")
    assert done.code == 1
    assert [line.split()[3] for line in done.out.splitlines()[1:]] == ["up", "DOWN"]


def test_json(up: ThreadedFaultProxy, down: ThreadedFaultProxy) -> None:
    """With --json the output is one document with the same facts."""
    done = dephealth("check", "--json", url(up), url(down))
    told = json.loads(done.out)
    assert told["healthy"] is False
    first, second = told["endpoints"]
    assert (first["healthy"], first["status"], first["detail"]) == (True, "ok", "ok")
    assert (first["host"], first["port"]) == (up.host, str(up.port))
    assert first["last_checked_at"].endswith("Z")
    assert first["latency_ms"] > 0
    assert second["reason"].startswith("ConnectionRefusedError")


@pytest.mark.parametrize(
    ("path", "asked"),
    [("", "/health"), ("/", "/"), ("/live?deep=1", "/live?deep=1"), ("?deep=1", "/?deep=1")],
)
def test_path_of_a_url(paths: tuple[str, list[str]], path: str, asked: str) -> None:
    """The path and query of an http URL are what is asked for; /health if there is none."""
    address, seen = paths
    assert dephealth("check", address + path).code == 0
    assert seen == [asked]


def test_timeout(fault_proxy: FaultProxyFactory) -> None:
    """A server that does not answer is a timeout after the seconds of --timeout."""
    silent = fault_proxy(fault=Silent())
    done = dephealth("check", "--json", "--timeout", "200ms", url(silent, "http"))
    (endpoint,) = json.loads(done.out)["endpoints"]
    assert endpoint["status"] == "timeout"
    assert 150 < endpoint["latency_ms"] < 1000


def test_name_that_does_not_resolve() -> None:
    """Without a network a name is a dns_error like any other failure."""
    done = dephealth("check", "--json", "tcp://no-such-host.invalid:1")
    (endpoint,) = json.loads(done.out)["endpoints"]
    assert (done.code, endpoint["status"]) == (1, "dns_error")


def test_option_of_a_checker(up: ThreadedFaultProxy) -> None:
    """An option is read as what it is, for the types that have it."""
    done = dephealth(
        "check", url(up, "http"), url(up), "-o", "expected_statuses=204,205", "-o", "method=HEAD"
    )
    lines = done.out.splitlines()
    assert (done.code, lines[1].split()[5], lines[2].split()[5]) == (1, "http_200", "ok")


def test_table_of_options(paths: tuple[str, list[str]]) -> None:
    """The items of a table are given one by one."""
    address, _ = paths
    done = dephealth(
        "check",
        "--json",
        address,
        "-o",
        "labels.team=shop",
        "-o",
        "labels.role=x",
        "-o",
        "headers.X=1",
    )
    assert json.loads(done.out)["endpoints"][0]["labels"] == {"team": "shop", "role": "x"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give URL…, or -c FILE"),
        (["tcp://h:1", "-c", "x.toml"], "not both"),
        (["tcp://h:1", "h:2"], "URL 2 does not begin with SCHEME://, such as http:// (dephealth"),
        (["rediz://h"], "no plugin checks URL scheme 'rediz' (installed:"),
        (["tcp://h"], "the port is missing"),
        (["http://[h"], "dependency 'http': url=: "),
        (["tcp://h:1", "--timeout", "soon"], "'soon' is no duration"),
        (["tcp://h:1", "--timeout", "2m"], "timeout 120.0 s is out of range: 0.1 to 60 s"),
        (["http://h", "-o", "methud=GET"], "-o methud: unknown option; did you mean 'method'?"),
        (["http://h", "-o", "method"], "-o takes KEY=VALUE"),
        (["http://h", "-o", "headers=x"], "-o headers: is a table: -o headers.NAME=VALUE"),
        (["http://h", "-o", "method.x=y"], "-o method.x: unknown option"),
        (["http://h", "-o", "tls_skip_verify=perhaps"], "'perhaps' is no yes or no"),
        (["redis://h", "-o", "password_file=/nonexistent"], "-o password_file: is a file that"),
        (["-c", "x.toml", "-o", "method=GET"], "-o is for URLs"),
        (["-c", "/nonexistent.toml"], "/nonexistent.toml: cannot be read: No such file"),
        (["--no-such-option"], "No such option"),
    ],
)
def test_usage_error(arguments: list[str], message: str) -> None:
    """What cannot be checked is a usage error: told on stderr, with exit code 2."""
    done = dephealth("check", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_secret_of_an_option(down: ThreadedFaultProxy, tmp_path: Path) -> None:
    """A secret from a file is used, and shown nowhere."""
    path = tmp_path / "password"
    path.write_text(f"{SECRET}\n")
    done = dephealth("check", url(down, "redis"), "-o", f"password_file={path}")
    assert done.code == 1
    assert SECRET not in done.out + done.err


@pytest.mark.parametrize("scheme", ["redis", "http", "nonsense", "tcp"])
def test_secret_of_a_url(down: ThreadedFaultProxy, scheme: str) -> None:
    """A password in a URL is never printed, whatever becomes of it."""
    address = f"{scheme}://app:{SECRET}@{down.host}:{down.port}"
    for arguments in ([address], ["--json", address], [f"{address}x"], [f"{address}/@{SECRET}"]):
        done = dephealth("check", *arguments)
        assert SECRET not in done.out + done.err


def test_file(up: ThreadedFaultProxy, down: ThreadedFaultProxy, write: Write) -> None:
    """With -c the dependencies of a file are checked, by their names."""
    file = write(
        f"""
        [dependencies.relay]
        url = "{url(up)}"
        critical = true

        [dependencies.extra]
        url = "{url(down)}"
        critical = false
        """
    )
    done = dephealth("check", "-c", file)
    assert done.code == 1
    assert [line.split()[0] for line in done.out.splitlines()[1:]] == ["relay", "extra"]
    critical = dephealth("check", "-c", file, "--critical-only")
    assert critical.code == 0
    assert [line.split()[0] for line in critical.out.splitlines()[1:]] == ["relay"]


def test_bad_file(write: Write) -> None:
    """A file that cannot be used is told on stderr with all its mistakes, and exit code 2."""
    file = write('nmae = "x"\n[dependencies.db]\nurl = "tcp://h:1"\n')
    done = dephealth("check", "-c", file)
    assert (done.code, done.out) == (2, "")
    assert f"{file}:1: nmae: unknown key; did you mean 'name'?" in done.err
    assert f"{file}:2: dependencies.db: critical is missing" in done.err


def test_closed_pipe(up: ThreadedFaultProxy) -> None:
    """A reader that has gone ends the command silently, as it ends any other."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run(
            [*COMMAND, "check", url(up)],
            env=environment(),
            stdout=pipe,
            stderr=subprocess.PIPE,
            timeout=BOUND,
            check=False,
        )
    assert (done.returncode, done.stderr) == (141, b"")


def test_full_disk(up: ThreadedFaultProxy) -> None:
    """Output that cannot be written is told, and is not taken for a sick dependency."""
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            [*COMMAND, "check", url(up)],
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=BOUND,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == b"Error: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -15)])
def test_signal(fault_proxy: FaultProxyFactory, number: int, code: int) -> None:
    """A signal in the middle of a check ends the command at once, without a traceback."""
    silent = fault_proxy(fault=Silent())
    with started(["check", url(silent, "http"), "--timeout", "60"]) as process:
        while not silent.connections:
            assert process.poll() is None
        process.send_signal(number)
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out) == (code, "")
    assert "Traceback" not in err


def test_output_that_is_no_unicode(plugin: Plugin) -> None:
    """Where the output has an old encoding, what it does not have is replaced."""
    path = plugin("odd", "raise RuntimeError('gr\\xfcn \\x1b[31m' + chr(10) + 'ist nicht rot')")
    done = dephealth("check", "odd://h:1", PYTHONPATH=path, PYTHONIOENCODING="ascii")
    assert done.code == 1
    assert done.out.endswith("RuntimeError: gr?n [31m ist nicht rot\n")


def test_check_that_never_ends(plugin: Plugin) -> None:
    """A plugin whose check ignores its cancellation and blocks a thread keeps nobody waiting."""
    path = plugin("stuck", STUCK)
    done = dephealth("check", "--json", "--timeout", "0.1", "stuck://h:1", PYTHONPATH=path)
    assert done.code == 1
    assert json.loads(done.out)["endpoints"][0]["status"] == "timeout"


STUCK = """
        import asyncio, time
        asyncio.get_running_loop().run_in_executor(None, time.sleep, 1000)
        while True:
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                pass
"""
