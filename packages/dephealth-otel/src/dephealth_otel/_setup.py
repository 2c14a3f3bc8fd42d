"""OpenTelemetry for services that have none yet (docs/opentelemetry.md)."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from opentelemetry.metrics import get_meter_provider, set_meter_provider

from dephealth import CheckPolicy, ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import MetricExporter

    from ._quiet import BriefReader

_GRPC, _HTTP = "grpc", "http/protobuf"
_EXPORTERS = "OTEL_METRICS_EXPORTER"
_PORTS = {_GRPC: 4317, _HTTP: 4318}


def setup(endpoint: str | None = None, interval: float | timedelta | None = None) -> MeterProvider:
    """Export metrics by OTLP from now on, and set the global MeterProvider to what does.

    Obeys the ``OTEL_*`` variables; an argument wins. ``OTEL_METRICS_EXPORTER=none``
    turns it off: the provider exports nothing then. The provider is shut down
    when the process exits, or by its `shutdown`.

    Args:
        endpoint: URL of the receiver: ``http://otel-collector:4318``. Port 4317
            means gRPC, any other HTTP, unless ``OTEL_EXPORTER_OTLP_PROTOCOL`` says so.
        interval: Seconds from one export to the next; without it and
            ``OTEL_METRIC_EXPORT_INTERVAL`` that of checks, 15.

    Raises:
        ImportError: The SDK or its OTLP exporter is not installed.
        ConfigurationError: A MeterProvider is set already, or something
            cannot be as given.
    """
    provider = pushing_provider(endpoint, interval)
    set_meter_provider(provider)
    if get_meter_provider() is not provider:
        provider.shutdown()
        raise ConfigurationError(
            "a MeterProvider is set already, and everything is exported to that: leave setup() away"
        )
    return provider


def pushing_provider(
    endpoint: str | None = None, interval: float | timedelta | None = None
) -> MeterProvider:
    """The provider of `setup`, without setting it."""
    readers = [pushing_reader(endpoint, interval)] if _is_wanted() else []
    from opentelemetry.sdk.metrics import MeterProvider

    return MeterProvider(readers)


def pushing_reader(
    endpoint: str | None = None, interval: float | timedelta | None = None
) -> BriefReader:
    """What exports the metrics of its provider."""
    every, url = _milliseconds(interval), _receiver(endpoint)
    try:
        from ._quiet import BriefReader, QuietExporter

        exporter = _exporter(url, given=bool(endpoint))
    except ImportError as exc:
        raise ImportError(
            "dephealth_otel.setup() needs OpenTelemetry's SDK: pip install 'dephealth-otel[sdk]'"
        ) from exc
    return BriefReader(QuietExporter(exporter, url), every)


def _is_wanted() -> bool:
    """Whether the environment lets metrics be exported by OTLP."""
    named = [name.strip() for name in os.environ.get(_EXPORTERS, "").split(",") if name.strip()]
    if not named or "otlp" in named:
        return True
    if named == ["none"]:
        return False
    raise ConfigurationError(
        f"{_EXPORTERS} says {', '.join(named)!r:.80}: setup() exports by otlp, or not at all (none)"
    )


def _receiver(endpoint: str | None) -> str:
    """The URL that is exported to."""
    url = endpoint or _variable("ENDPOINT") or f"http://localhost:{_PORTS[_protocol('')]}"
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ConfigurationError("endpoint must be a URL like http://otel-collector:4318")
    return url


def _exporter(url: str, *, given: bool) -> MetricExporter:
    """The exporter to *url*, which is *given* by an argument; from the environment it reads it."""
    if _protocol(url) == _GRPC:
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter

        return OTLPMetricExporter(endpoint=url if given else None)
    from opentelemetry.exporter.otlp.proto.http import metric_exporter as http

    whole = url if urlsplit(url).path.strip("/") else f"{url.rstrip('/')}/v1/metrics"
    return http.OTLPMetricExporter(endpoint=whole if given else None)


def _protocol(url: str) -> str:
    named = _variable("PROTOCOL")
    if not named:
        return _GRPC if urlsplit(url).port == _PORTS[_GRPC] else _HTTP
    if named not in _PORTS:
        raise ConfigurationError(
            f"the protocol {named!r} of OTEL_EXPORTER_OTLP_PROTOCOL is none of {', '.join(_PORTS)}"
        )
    return named


def _variable(name: str) -> str | None:
    """A variable of OTLP: that for metrics, or that for all signals."""
    return os.environ.get(f"OTEL_EXPORTER_OTLP_METRICS_{name}") or os.environ.get(
        f"OTEL_EXPORTER_OTLP_{name}"
    )


def _milliseconds(interval: float | timedelta | None) -> float | None:
    """The export interval; None leaves it to the environment."""
    if interval is None:
        if os.environ.get("OTEL_METRIC_EXPORT_INTERVAL"):
            return None
        interval = CheckPolicy().interval
    seconds = interval.total_seconds() if isinstance(interval, timedelta) else float(interval)
    if seconds <= 0:
        raise ConfigurationError(f"interval {seconds:g} s is not more than 0")
    return seconds * 1000
