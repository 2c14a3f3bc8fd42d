"""The text that Prometheus reads, made faster than prometheus_client makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.utils import floatToGoString

from dephealth import Status

from ._collector import DependencyCollector, asked
from ._families import HEALTH, LATENCY, STATUS, STATUS_DETAIL, Family
from ._series import LE, Reading, Series

_END = b"# EOF\n"
"""The last line of OpenMetrics."""

_PIECE = 50
"""Endpoints in a piece."""

_STATUSES = tuple(Status)
_float: Callable[[float], str] = floatToGoString


def render(
    registry: CollectorRegistry = REGISTRY,
    encode: Callable[[CollectorRegistry], bytes] = generate_latest,
) -> bytes:
    """Everything that is in *registry*, as *encode* would give it (docs/metrics.md).

    The labels of an endpoint never change, so their text is made once: its 21
    samples cost a few microseconds here, and hundreds in the encoders of
    prometheus_client.

    Args:
        registry: Its metrics from elsewhere are left to *encode*.
        encode: An encoder of prometheus_client, as its ``choose_encoder`` gives.
    """
    return b"".join(pieces(registry, encode))


def pieces(
    registry: CollectorRegistry = REGISTRY,
    encode: Callable[[CollectorRegistry], bytes] = generate_latest,
) -> Iterator[bytes]:
    """What `render` gives, in pieces of a millisecond: an event loop can run between them.

    All of them tell of the moment at which the first was asked for.
    """
    collectors: list[DependencyCollector] = []
    token = asked.set(collectors)
    try:
        others = encode(registry)
    finally:
        asked.reset(token)
    yield others.removesuffix(_END)
    is_openmetrics = others.endswith(_END)
    known: list[Series] = []
    readings: list[Reading | None] = []
    for each in collectors:
        some, said = each.readings()
        known += some
        readings += said
    for family, line in _FAMILIES.items() if collectors else ():
        yield _head(family, units=is_openmetrics)
        for first in range(0, len(known), _PIECE):
            piece = slice(first, first + _PIECE)
            pairs = zip(known[piece], readings[piece], strict=True)
            yield "".join([line(series, reading) for series, reading in pairs if reading]).encode()
    if is_openmetrics:
        yield _END


def _health(series: Series, reading: Reading) -> str:
    return f"{HEALTH.name}{{{series.text}}} {float(reading.healthy)}\n"


def _status(series: Series, reading: Reading) -> str:
    labels, found = series.text, reading.outcome.status
    return "".join(
        [
            f'{STATUS.name}{{{labels},status="{each}"}} {float(each is found)}\n'
            for each in _STATUSES
        ]
    )


def _detail(series: Series, reading: Reading) -> str:
    return f'{STATUS_DETAIL.name}{{{series.text},detail="{reading.outcome.detail}"}} 1.0\n'


def _histogram(series: Series, reading: Reading) -> str:
    labels = series.text
    begin = f"{LATENCY.name}_bucket{{{labels},le="
    lines = [
        f'{begin}"{le}"}} {total}.0\n'
        for le, total in zip(LE, accumulate(reading.counts), strict=True)
    ]
    lines.append(f"{LATENCY.name}_count{{{labels}}} {sum(reading.counts)}.0\n")
    lines.append(f"{LATENCY.name}_sum{{{labels}}} {_float(reading.seconds)}\n")
    return "".join(lines)


def _head(family: Family, *, units: bool) -> bytes:
    lines = f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.type}\n"
    if units and family.unit:
        lines += f"# UNIT {family.name} {family.unit}\n"
    return lines.encode()


_FAMILIES: Mapping[Family, Callable[[Series, Reading], str]] = {
    HEALTH: _health,
    LATENCY: _histogram,
    STATUS: _status,
    STATUS_DETAIL: _detail,
}
