"""Which provider is reported to. What is global in a process has a process of its own."""

from __future__ import annotations

import gc
import subprocess
import sys
import textwrap
import weakref
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from opentelemetry.metrics import get_meter_provider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from otel_bench import Bench, counts, values

import dephealth_otel
from dephealth import ConfigurationError
from dephealth_otel import OtelExporter
from dephealth_otel.plugin import SPEC

HEALTH = "app_dependency_health"


def alone(code: str) -> None:
    """Run *code* in a process of its own, in the names of `otel_bench` and those it needs."""
    names = """
        from otel_bench import Bench, counts, values
        from opentelemetry.metrics import get_meter_provider, set_meter_provider
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from dephealth_otel import OtelExporter

        HEALTH = "app_dependency_health"
        reader = InMemoryMetricReader()
        """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(names) + textwrap.dedent(code)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parent,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_global_provider() -> None:
    """Without an argument the provider that the application has set is reported to."""
    alone("""
        set_meter_provider(MeterProvider([reader]))
        bench = Bench(reader, get_meter_provider(), OtelExporter())
        bench.tell(bench.added())
        assert bench.values(HEALTH) == {"db.svc": 1}
        assert bench.counts() == {"db.svc": 1}
        """)


def test_provider_set_after_the_start() -> None:
    """A provider that is set later has the last results at once, and latencies from then on."""
    alone("""
        bench = Bench(reader, get_meter_provider(), OtelExporter())
        target = bench.added()
        bench.tell(target, "timeout")
        set_meter_provider(MeterProvider([reader]))
        assert bench.values(HEALTH) == {"db.svc": 0}
        assert bench.counts() == {}
        bench.tell(target)
        assert bench.values(HEALTH) == {"db.svc": 1}
        assert bench.counts() == {"db.svc": 1}
        """)


def test_other_providers_set_after_the_start() -> None:
    """Spans and events go to global providers that are set later, too."""
    alone("""
        from opentelemetry._logs import set_logger_provider
        from opentelemetry.sdk._logs import LoggerProvider
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.trace import set_tracer_provider

        class Kept:
            def __init__(self):
                self.names = []
            def on_start(self, span, parent_context=None): pass
            def _on_ending(self, span): pass
            def on_end(self, span):
                self.names.append(span.name)
            def on_emit(self, data):
                self.names.append(data.log_record.event_name)
            def shutdown(self): pass

        bench = Bench(reader, MeterProvider(), OtelExporter(trace=True))
        target = bench.added()
        bench.tell(target)
        kept, tracers, loggers = Kept(), TracerProvider(), LoggerProvider()
        tracers.add_span_processor(kept)
        loggers.add_log_record_processor(kept)
        set_tracer_provider(tracers)
        set_logger_provider(loggers)
        with bench.exporter.around_check(target):
            bench.tell(target, "timeout")
        assert kept.names == ["dependency.health.changed", "dependency.health.check"]
        """)


def test_exporters_before_and_after_the_provider() -> None:
    """Exporters from before and after the provider was set share its instruments."""
    alone("""
        first = Bench(reader, get_meter_provider(), OtelExporter())
        first.tell(first.added(host="a.svc"))
        set_meter_provider(MeterProvider([reader]))
        second = Bench(reader, get_meter_provider(), OtelExporter())
        second.tell(second.added(host="b.svc"))
        named = OtelExporter(meter_provider=get_meter_provider())
        third = Bench(reader, get_meter_provider(), named)
        third.tell(third.added(host="c.svc"))
        assert values(reader, HEALTH) == {"a.svc": 1, "b.svc": 1, "c.svc": 1}
        """)


def test_named_provider_becomes_the_global_one() -> None:
    """A provider that was named first and set globally then exports what both ways gave it."""
    alone("""
        provider = MeterProvider([reader])
        for_all = Bench(reader, provider, OtelExporter())
        for_all.tell(for_all.added(host="a.svc"))
        named = Bench(reader, provider, OtelExporter(meter_provider=provider))
        named.tell(named.added(host="b.svc"))
        assert values(reader, HEALTH) == {"b.svc": 1}
        set_meter_provider(provider)
        assert values(reader, HEALTH) == {"a.svc": 1, "b.svc": 1}
        later = Bench(reader, provider, OtelExporter())
        later.tell(later.added(host="c.svc"))
        assert values(reader, HEALTH) == {"a.svc": 1, "b.svc": 1, "c.svc": 1}
        assert counts(reader) == {"b.svc": 1, "c.svc": 1}
        """)


def test_without_the_sdk() -> None:
    """Where the application has no SDK, nothing of it is imported and nothing happens."""
    alone("""
        import subprocess, sys
        code = '''
        import sys
        from dephealth.api import DependencyHealth, tcp_check
        from dephealth_otel import OtelExporter
        from dephealth import Target, EndpointState, CheckResult, OK
        from datetime import datetime, UTC
        exporter = OtelExporter(trace=True)
        target = Target("a", "b", "c", "tcp", "h", "1", True, {}, lambda: True)
        exporter.on_added(target)
        for healthy in (True, False, True):
            with exporter.around_check(target):
                state = EndpointState(healthy, 1, CheckResult(OK, 0.1, datetime.now(UTC)))
                exporter.on_result(target, state)
        exporter.on_removed(target)
        assert not any(name.startswith("opentelemetry.sdk") for name in sys.modules)
        '''
        import textwrap
        subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=30)
        """)


def test_providers_are_apart(bench: Bench) -> None:
    """What is exported to one provider is not in another."""
    bench.tell(bench.added())
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    other = Bench(reader, provider, OtelExporter(meter_provider=provider))
    other.tell(other.added(host="other.svc"))
    assert (bench.values(HEALTH), other.values(HEALTH)) == ({"db.svc": 1}, {"other.svc": 1})
    provider.shutdown()


def test_exporters_share_a_provider(bench: Bench) -> None:
    """Endpoints of two exporters are exported together."""
    bench.tell(bench.added(host="a.svc"))
    bench.exporter = OtelExporter(meter_provider=bench.provider)
    bench.tell(bench.added(host="b.svc"))
    assert bench.values(HEALTH) == {"a.svc": 1, "b.svc": 1}
    assert bench.counts() == {"a.svc": 1, "b.svc": 1}


def test_equal_labels_of_two_exporters(bench: Bench) -> None:
    """Exporters of one provider know each other's endpoints."""
    bench.added()
    bench.exporter = OtelExporter(meter_provider=bench.provider)
    with pytest.raises(ConfigurationError, match="meter_provider="):
        bench.added()


def test_forgotten_exporter_leaves_its_last_values(bench: Bench) -> None:
    """The endpoints of an exporter that is gone keep their gauges."""
    bench.tell(bench.added(running=lambda: False))
    bench.exporter = OtelExporter(meter_provider=MeterProvider())
    gc.collect()
    assert bench.values(HEALTH) == {"db.svc": 1}


def test_provider_is_not_kept() -> None:
    """A provider that was shut down and forgotten is freed, with what it exported."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    bench = Bench(reader, provider, OtelExporter(meter_provider=provider))
    bench.tell(bench.added())
    assert values(reader, HEALTH) == {"db.svc": 1}
    provider.shutdown()
    gone, board_gone = weakref.ref(provider), weakref.ref(bench.exporter._board)
    del bench, provider, reader
    gc.collect()
    assert (gone(), board_gone()) == (None, None)


def test_no_provider_grows_nothing() -> None:
    """Many exporters without a provider leave no more instruments than one."""
    OtelExporter()
    gc.collect()
    before = sum(type(each).__name__.startswith("_Proxy") for each in gc.get_objects())
    for _ in range(50):
        OtelExporter()
    gc.collect()
    after = sum(type(each).__name__.startswith("_Proxy") for each in gc.get_objects())
    assert before > 0
    assert after == before


def test_second_provider_that_is_shut_down(bench: Bench) -> None:
    """A provider that was shut down takes results without harm to another one."""
    provider = MeterProvider()
    provider.shutdown()
    shut = Bench(bench.reader, provider, OtelExporter(meter_provider=provider))
    shut.tell(shut.added())
    bench.tell(bench.added())
    assert counts(bench.reader) == {"db.svc": 1}


def test_entry_point() -> None:
    """The package is found as the exporter called otel."""
    (point,) = entry_points(group="dephealth.exporters", name="otel")
    assert point.load().dephealth_exporters() == [SPEC]
    assert SPEC.name == "otel"


def test_installed_exporter_takes_the_global_provider() -> None:
    """What the plugin makes is an exporter to the global provider."""
    exporter = SPEC.exporter()
    named = OtelExporter(meter_provider=get_meter_provider())
    assert isinstance(exporter, OtelExporter)
    assert exporter._board is named._board


def test_plugin_is_light() -> None:
    """The plugin module does not import opentelemetry."""
    code = "import sys, dephealth_otel.plugin; sys.exit('opentelemetry' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_unknown_name() -> None:
    """The package has no other names than its own."""
    with pytest.raises(AttributeError, match="no attribute 'Exporter'"):
        dephealth_otel.Exporter  # noqa: B018
