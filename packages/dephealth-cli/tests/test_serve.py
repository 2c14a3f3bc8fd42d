"""`dephealth serve` as a process."""

from __future__ import annotations

import base64
import gzip
import http.server
import json
import queue
import re
import signal
import socket
import threading
import time
from pathlib import Path

import pytest
from cli_command import dephealth, started
from cli_files import Plugin, Write
from cli_serving import serving

from dephealth_testing import (
    Certificates,
    FaultProxyFactory,
    Refuse,
    Silent,
    ThreadedFaultProxy,
)

SECRET = "hunter2-secret"
HEAD = """
name = "orders-api"
group = "shop"

[defaults]
interval = "1s"
timeout = "500ms"

[serve]
port = 0
"""


def config(*servers: ThreadedFaultProxy, more: str = "", head: str = HEAD) -> str:
    """A file with a dependency ``db-0``, ``db-1`` … for each server."""
    more = f"critical = true\n{more}"
    tables = [
        f'[dependencies.db-{at}]\nurl = "tcp://{server.host}:{server.port}"\n{more}'
        for at, server in enumerate(servers)
    ]
    return "\n".join([head, *tables])


@pytest.fixture
def file(write: Write, up: ThreadedFaultProxy) -> str:
    """A file with one dependency that is up."""
    return write(config(up))


def test_everything_is_served(file: str) -> None:
    """Metrics, health and the page for people are there, and tell of the file's dependencies."""
    with serving("-c", file) as daemon:
        daemon.wait_until_checked(1)
        metrics = daemon.ask("/metrics").text
        assert re.search(
            r'^app_dependency_health{.*dependency="db-0".*group="shop".*name="orders-api".*} 1.0$',
            metrics,
            re.MULTILINE,
        )
        assert json.loads(daemon.ask("/health/dependencies").text) == {
            "status": "healthy",
            "dependencies": {"db-0": True},
        }
        assert (daemon.ask("/health/live").status, daemon.ask("/health/ready").status) == (200, 200)
        page = daemon.ask("/")
        assert page.headers["Content-Type"].startswith("text/html")
        assert "db-0" in page.text


def test_loopback_unless_set(file: str) -> None:
    """Nobody but this machine is answered unless the file says so."""
    with serving("-c", file) as daemon:
        assert "serving at http://127.0.0.1:" in "\n".join(daemon.log)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_end(fault_proxy: FaultProxyFactory, write: Write, number: int) -> None:
    """A signal ends it within five seconds with 0, also while a check waits for its answer."""
    silent = fault_proxy(fault=Silent())
    slow = HEAD.replace('"500ms"', '"50s"').replace('"1s"', '"60s"')
    file = write(config(silent, head=slow).replace("tcp://", "http://"))
    with serving("-c", file) as daemon:
        while not silent.connections:
            assert daemon.process.poll() is None
        before = time.monotonic()
        assert daemon.stop(number) == 0
        assert time.monotonic() - before < 5.0


def test_end_with_clients(file: str) -> None:
    """A client that stays connected and sends nothing does not keep it."""
    with serving("-c", file) as daemon:
        daemon.ask("/health/live")
        with socket.create_connection(("127.0.0.1", daemon.port), 5):
            before = time.monotonic()
            assert daemon.stop() == 0
            assert time.monotonic() - before < 5.0


def test_end_while_a_check_never_ends(write: Write, plugin: Plugin) -> None:
    """A check that ignores its cancellation, and a thread that never ends, do not keep it."""
    path = plugin("stuck", STUCK)
    file = write(f'{HEAD}[dependencies.stuck]\nurl = "stuck://h:1"\ncritical = true\n')
    with serving("-c", file, PYTHONPATH=path) as daemon:
        daemon.wait_until_checked(1)
        before = time.monotonic()
        assert daemon.stop() == 0
        assert time.monotonic() - before < 5.0


def test_reload(write: Write, up: ThreadedFaultProxy, down: ThreadedFaultProxy) -> None:
    """After SIGHUP what the file has lost is gone, and what is new is checked."""
    with serving("-c", write(config(up, up))) as daemon:
        daemon.wait_until_checked(2)
        write(config(up, down).replace("db-1", "new"))
        daemon.hang_up()
        after = {"db-0": 1.0, "new": 0.0}
        daemon.wait_until(lambda: daemon.samples("app_dependency_health") == after)


def test_reload_keeps_what_stays(write: Write, up: ThreadedFaultProxy) -> None:
    """What the file does not change keeps its series, and they go on counting."""
    file = write(config(up))
    with serving("-c", file) as daemon:
        daemon.wait_until_checked(1)
        before = daemon.samples("app_dependency_latency_seconds_count")["db-0"]
        page = daemon.ask("/").text
        write(config(up, up))
        daemon.hang_up()
        assert daemon.samples("app_dependency_latency_seconds_count")["db-0"] >= before >= 1
        assert "db-0" in page


def test_reload_changes_a_dependency(write: Write, up: ThreadedFaultProxy) -> None:
    """Other labels, and another way to check, are in force without a restart."""
    with serving("-c", write(config(up))) as daemon:
        daemon.wait_until_checked(1)
        write(config(up, more='labels = { role = "primary" }\n').replace("tcp:", "http:"))
        daemon.hang_up()
        daemon.wait_until_checked(1)
        assert 'role="primary",type="http"' in daemon.ask("/metrics").text
        assert 'type="tcp"' not in daemon.ask("/metrics").text


@pytest.mark.parametrize("broken", ["[[", "nmae = 5", "[dependencies.db]\nurl = 'tcp://h'"])
def test_broken_file(write: Write, up: ThreadedFaultProxy, broken: str) -> None:
    """A file that is broken is an error in the log, and the old configuration goes on."""
    file = write(config(up))
    with serving("-c", file) as daemon:
        daemon.wait_until_checked(1)
        write(broken)
        daemon.hang_up()
        count = daemon.samples("app_dependency_latency_seconds_count")["db-0"]
        up.behave(Refuse())
        daemon.wait_for("dependency 'db-0'.* is unhealthy")
        assert daemon.samples("app_dependency_latency_seconds_count")["db-0"] > count
        assert any(f"ERROR dephealth: {file} is not used" in line for line in daemon.log)
        assert any(line.startswith(f"{file}:1: ") for line in daemon.log)


def test_file_that_is_followed(write: Write, up: ThreadedFaultProxy) -> None:
    """With --reload a change of the file is enough."""
    with serving("--reload", "-c", write(config(up))) as daemon:
        daemon.wait_until_checked(1)
        write(config(up, up))
        daemon.wait_until_checked(2)


def test_what_needs_a_restart(write: Write, up: ThreadedFaultProxy) -> None:
    """A change of name or [serve] is warned of, and the rest of the file is used."""
    with serving("-c", write(config(up))) as daemon:
        write(config(up, up).replace("orders-api", "other"))
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for("WARNING dephealth: name, group and .* need a restart")
        daemon.wait_until_checked(2)
        assert 'name="other"' not in daemon.ask("/metrics").text


def test_tls_and_login(write: Write, up: ThreadedFaultProxy, certificates: Certificates) -> None:
    """With a certificate and a password in the file both are asked for."""
    pair = certificates.good
    file = write(
        config(up)
        + f'[serve]\nport = 0\ntls_cert_file = "{pair.certificate}"\ntls_key_file = "{pair.key}"\n'
        'username = "prometheus"\npassword = "${PASSWORD}"\n'
    )
    Path(file).write_text(Path(file).read_text().replace("[serve]\nport = 0\n\n", "", 1))
    with serving("-c", file, PASSWORD=SECRET) as daemon:
        context = certificates.client_context()
        assert daemon.ask("/metrics", context).status == 401
        login = base64.b64encode(f"prometheus:{SECRET}".encode()).decode()
        assert daemon.ask("/metrics", context, Authorization=f"Basic {login}").status == 200
        daemon.hang_up()
        assert daemon.ask("/metrics", context, Authorization=f"Basic {login}").status == 200
        assert SECRET not in "\n".join(daemon.log)


def test_certificate_that_is_gone(
    write: Write, up: ThreadedFaultProxy, certificates: Certificates, tmp_path: Path
) -> None:
    """A file that names another certificate than before is used, though the old one is gone."""
    pair = certificates.good
    old, new = tmp_path / "old.pem", tmp_path / "new.pem"
    old.write_bytes(Path(pair.certificate).read_bytes() + Path(pair.key).read_bytes())
    tls = HEAD + f'tls_cert_file = "{old}"\n'
    with serving("-c", write(config(up, head=tls))) as daemon:
        old.rename(new)
        write(config(up, up, head=tls.replace(str(old), str(new))))
        daemon.hang_up()
        assert any("the old certificate goes on: " in line for line in daemon.log)
        assert '"db-1":' in daemon.ask("/health/dependencies", certificates.client_context()).text


@pytest.mark.parametrize(
    ("serve", "message"),
    [
        ('host = "192.0.2.1"', "192.0.2.1 port 0 cannot be listened on: "),
        ('host = "no-such-host.invalid"', "cannot be listened on: "),
        ('tls_cert_file = "/nonexistent"', "cannot be used: No such file or directory"),
        ('tls_cert_file = "/dev/null"', "cannot be used: not PEM"),
    ],
)
def test_cannot_be_started(write: Write, serve: str, message: str) -> None:
    """Where it cannot listen is told on stderr, with exit code 2."""
    done = dephealth("serve", "-c", write(HEAD + serve))
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_port_that_is_taken(write: Write, up: ThreadedFaultProxy) -> None:
    """A port that somebody has is told, with exit code 2."""
    done = dephealth("serve", "-c", write(HEAD.replace("port = 0", f"port = {up.port}")))
    assert done.code == 2
    assert f"127.0.0.1 port {up.port} cannot be listened on: Address already in use" in done.err


def test_no_file(tmp_path: Path) -> None:
    """Without a file it tells which one it looked for."""
    done = dephealth("serve")
    assert (done.code, done.err) == (
        2, "Error: dephealth.toml: cannot be read: No such file or directory\n",
    )  # fmt: skip


def test_bad_file(write: Write) -> None:
    """A file with mistakes is told with all of them, and nothing is started."""
    done = dephealth("serve", "-c", write("nmae = 5\n[dependencies.a]\nurl = 'tcp://h'"))
    assert done.code == 2
    assert len(done.err.splitlines()) == 5


def test_nobody_reads_the_log(file: str) -> None:
    """A log that nobody reads any more does not end it."""
    with started(["serve", "-c", file]) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        port = int(line.rstrip("/\n").rpartition(":")[2])
        process.stderr.close()
        process.send_signal(signal.SIGHUP)
        socket.create_connection(("127.0.0.1", port), 5).close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_otlp(write: Write, up: ThreadedFaultProxy) -> None:
    """Where the environment has an OTLP endpoint, the metrics are pushed there too."""
    pushed: queue.Queue[tuple[str, bytes]] = queue.Queue()

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            pushed.put((self.path, gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as receiver:
        threading.Thread(target=receiver.serve_forever, args=(0.05,), daemon=True).start()
        with serving(
            *("-c", write(config(up))),
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{receiver.server_port}",
            OTEL_METRIC_EXPORT_INTERVAL="300",
        ) as daemon:
            while True:
                path, body = pushed.get(timeout=30)
                if b"app_dependency_health" in body:
                    break
            assert path == "/v1/metrics"
            assert b"db-0" in body
            assert daemon.samples("app_dependency_health") == {"db-0": 1.0}
            assert daemon.stop() == 0
        receiver.shutdown()


def test_otlp_that_is_not_there(write: Write, up: ThreadedFaultProxy, tmp_path: Path) -> None:
    """Without OpenTelemetry's SDK it is told what to install, and all else is served."""
    shadow = tmp_path / "opentelemetry" / "sdk"
    shadow.mkdir(parents=True)
    (shadow / "__init__.py").write_text("raise ImportError('no SDK')")
    endpoint = "http://127.0.0.1:4318"
    with serving(
        *("-c", write(config(up))),
        PYTHONPATH=str(tmp_path),
        OTEL_EXPORTER_OTLP_ENDPOINT=endpoint,
    ) as daemon:
        daemon.wait_until_checked(1)
        assert "pip install 'dephealth-otel[sdk]'" in "\n".join(daemon.log)


def test_otlp_to_nowhere(write: Write, up: ThreadedFaultProxy) -> None:
    """An endpoint that is none is told, with exit code 2."""
    done = dephealth("serve", "-c", write(config(up)), OTEL_EXPORTER_OTLP_ENDPOINT="nonsense")
    assert done.code == 2
    assert "endpoint must be a URL" in done.err


STUCK = """
        import asyncio
        asyncio.get_running_loop().run_in_executor(None, __import__("time").sleep, 1000)
        while True:
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                pass
"""
