"""OpenTelemetry for services that have none yet."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import (
    OTLPMetricExporter as GrpcExporter,
)
from opentelemetry.exporter.otlp.proto.http.metric_exporter import (
    OTLPMetricExporter as HttpExporter,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter
from otel_bench import Lines
from otel_receiver import OWN, Receiver, free_port

from dephealth import CheckPolicy, ConfigurationError
from dephealth_otel._quiet import BriefReader, QuietExporter
from dephealth_otel._setup import pushing_provider, pushing_reader


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave what is set outside out of the tests."""
    for name in list(os.environ):
        if name.startswith("OTEL_"):
            monkeypatch.delenv(name)


class Made:
    """A provider that is shut down at the end, and what it was made of."""

    def __init__(self, reader: BriefReader) -> None:
        self.provider = MeterProvider([reader])
        self.interval = reader._export_interval_millis / 1000
        quiet = reader._exporter
        assert isinstance(quiet, QuietExporter)
        self.exporter: MetricExporter = quiet._exporter

    @property
    def endpoint(self) -> str:
        """Where the exporter exports to."""
        assert isinstance(self.exporter, GrpcExporter | HttpExporter)
        return str(self.exporter._endpoint)


@pytest.fixture
def made() -> Iterator[list[Made]]:
    """The providers of a test."""
    them: list[Made] = []
    yield them
    for each in them:
        # Nobody listens where they export to.
        each.exporter.shutdown()
        each.provider.shutdown()


def of(made: list[Made], endpoint: str | None = None, interval: float | None = None) -> Made:
    """Make a provider."""
    made.append(Made(pushing_reader(endpoint, interval)))
    return made[-1]


def test_http(made: list[Made]) -> None:
    """An endpoint of any port is exported to over HTTP, where OTLP has its path."""
    it = of(made, "http://127.0.0.1:4318")
    assert isinstance(it.exporter, HttpExporter)
    assert it.endpoint == "http://127.0.0.1:4318/v1/metrics"


def test_path(made: list[Made]) -> None:
    """A path of the endpoint is taken as it is."""
    assert of(made, "http://127.0.0.1:9/otlp/m").endpoint == "http://127.0.0.1:9/otlp/m"


def test_grpc_by_port(made: list[Made]) -> None:
    """The port of OTLP over gRPC means gRPC."""
    it = of(made, "http://127.0.0.1:4317")
    assert isinstance(it.exporter, GrpcExporter)
    assert it.endpoint == "127.0.0.1:4317"


@pytest.mark.parametrize(
    "name", ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"]
)
def test_protocol(made: list[Made], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The variable of the protocol is obeyed, whatever the port."""
    monkeypatch.setenv(name, "grpc")
    assert isinstance(of(made, "http://127.0.0.1:4318").exporter, GrpcExporter)
    monkeypatch.setenv(name, "http/protobuf")
    assert isinstance(of(made, "http://127.0.0.1:4317").exporter, HttpExporter)


@pytest.mark.parametrize(
    ("name", "endpoint"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9/v1/metrics"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://127.0.0.1:9"),
    ],
)
def test_endpoint_of_the_environment(
    made: list[Made], monkeypatch: pytest.MonkeyPatch, name: str, endpoint: str
) -> None:
    """Without an argument the endpoint is that of the environment, read as OpenTelemetry does."""
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert of(made).endpoint == endpoint


def test_no_endpoint(made: list[Made], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any endpoint it is the protocol's own on this host."""
    assert of(made).endpoint == "http://localhost:4318/v1/metrics"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    assert of(made).endpoint == "localhost:4317"


def test_argument_wins(made: list[Made], monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that is given is exported to, whatever the environment says."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://127.0.0.1:9")
    assert of(made, "http://127.0.0.1:10").endpoint == "http://127.0.0.1:10/v1/metrics"


def test_interval(made: list[Made], monkeypatch: pytest.MonkeyPatch) -> None:
    """The interval is the argument, else the variable, else that of checks."""
    assert of(made).interval == CheckPolicy().interval
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "7000")
    assert of(made).interval == 7
    assert of(made, interval=2.5).interval == 2.5
    made.append(Made(pushing_reader(interval=timedelta(minutes=1))))
    assert made[-1].interval == 60


@pytest.mark.parametrize(
    "endpoint", ["collector:4317", "http://", "ftp://collector", "http://h:x", "unix:/run/otel"]
)
def test_endpoint_that_is_none(endpoint: str) -> None:
    """What is no URL of a receiver is an error that shows one, and not what was given."""
    with pytest.raises(ConfigurationError, match="like http://otel-collector:4318") as refused:
        pushing_provider(endpoint)
    assert endpoint not in str(refused.value).replace("http://otel-collector:4318", "")


def test_protocol_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A protocol that nobody speaks is an error with those that there are."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "carrier-pigeon")
    with pytest.raises(ConfigurationError, match=r"'carrier-pigeon'.*grpc, http/protobuf"):
        pushing_provider("http://127.0.0.1:9")


@pytest.mark.parametrize("named", ["", "otlp", "console, otlp"])
def test_exporters_with_otlp(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    """Metrics are exported if the variable of the exporters has OTLP among them, or is empty."""
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", named)
    with pytest.raises(ConfigurationError, match="endpoint must be"):
        pushing_provider("nowhere")


def test_exporters_without_otlp(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only other exporters are asked for, the error says what can be."""
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "console,prometheus")
    with pytest.raises(ConfigurationError, match=r"'console, prometheus': .* otlp, .* \(none\)"):
        pushing_provider("http://127.0.0.1:9")


@pytest.mark.parametrize("interval", [0, -1.0])
def test_interval_that_is_none(interval: float) -> None:
    """An interval must be more than nothing."""
    with pytest.raises(ConfigurationError, match="is not more than 0"):
        pushing_provider(interval=interval)


def test_secrets_of_the_endpoint(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """A warning shows neither the login nor the query of the endpoint."""
    # Long enough for a second try, which is announced with the URL.
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1.5")
    port = free_port()
    provider = pushing_provider(f"http://user:s3cret@127.0.0.1:{port}/x?key=t0ken", interval=60)
    provider.get_meter("test").create_counter("c").add(1)
    provider.force_flush()
    provider.shutdown()
    (line,) = lines.of("dephealth")
    assert "/x" in line
    assert line.startswith(f"metrics cannot be exported to 127.0.0.1:{port}: ")
    assert "s3cret" not in line
    assert "t0ken" not in line


PROGRAM = """
import dephealth_otel
from dephealth import Dependency, Endpoint
from dephealth.api import DependencyHealth

class Checker:
    async def check(self, endpoint): pass

dephealth_otel.setup({endpoint!r}, interval=0.1)
db = Dependency(
    name="db", type="tcp", checker=Checker(), endpoints=[Endpoint("db.svc", "1")], critical=True
)
dh = DependencyHealth("orders", "shop", db, exporters=[dephealth_otel.OtelExporter()])
dh.start_sync()
while not dh.health()["db"]:
    pass
dh.stop_sync()
"""


def run(program: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **variables},
        cwd=Path(__file__).parent,
    )


def test_whole_program() -> None:
    """A program that is set up so exports its metrics, the last of them when it exits."""
    with OWN["http"]() as receiver:
        done = run(PROGRAM.format(endpoint=receiver.url), OTEL_SERVICE_NAME="orders-api")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert resource(receiver)["service.name"] == "orders-api"


def resource(receiver: Receiver) -> dict[str, str]:
    """The resource of a request that has our metrics."""
    while True:
        request = receiver.requests.get(timeout=1)
        for each in request.resource_metrics:
            if any(scope.scope.name == "dephealth_otel" for scope in each.scope_metrics):
                return {item.key: item.value.string_value for item in each.resource.attributes}


@pytest.mark.parametrize(
    "variable", [{"OTEL_SDK_DISABLED": "true"}, {"OTEL_METRICS_EXPORTER": "none"}]
)
def test_disabled(variable: dict[str, str]) -> None:
    """The variables that turn the SDK, or all metrics, off turn this off."""
    with OWN["http"]() as receiver:
        done = run(PROGRAM.format(endpoint=receiver.url), **variable)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert receiver.requests.empty()


def test_provider_is_there_already() -> None:
    """A second provider is an error that says what to leave away."""
    done = run("""
        from opentelemetry.metrics import set_meter_provider
        from opentelemetry.sdk.metrics import MeterProvider
        from dephealth import ConfigurationError
        from dephealth_otel import setup
        set_meter_provider(MeterProvider())
        try:
            setup("http://127.0.0.1:9")
        except ConfigurationError as exc:
            print(exc)
        """)
    assert done.returncode == 0
    assert "leave setup() away" in done.stdout


@pytest.mark.parametrize(
    "missing", ["opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http.metric_exporter"]
)
def test_without_the_sdk(missing: str) -> None:
    """Without the SDK or its exporter the error says what to install."""
    done = run(f"""
        import sys
        sys.modules[{missing!r}] = None
        from dephealth_otel import setup
        try:
            setup("http://127.0.0.1:9")
        except ImportError as exc:
            print(exc)
        """)
    assert done.returncode == 0, done.stderr
    assert "pip install 'dephealth-otel[sdk]'" in done.stdout
