"""The text made by `render`, beside that of prometheus_client."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.openmetrics import exposition, parser
from prometheus_client.parser import text_string_to_metric_families

from dephealth_prometheus import pieces, render

if TYPE_CHECKING:
    from conftest import Bench

ODD = 'a "quoted" \\ back\\nslash\nin two lines, ü'
ENCODERS = [generate_latest, exposition.generate_latest]
READERS: dict[Callable[..., bytes], Callable[..., Any]] = {
    generate_latest: text_string_to_metric_families,
    exposition.generate_latest: parser.text_string_to_metric_families,
}

with_each_encoder = pytest.mark.parametrize("encode", ENCODERS, ids=["text", "openmetrics"])


def fill(bench: Bench) -> None:
    """Endpoints of assorted states, and a metric from elsewhere."""
    bench.added(host="unknown.svc")
    for number, (status, detail) in enumerate(
        [("ok", None), ("unhealthy", "http_503"), ("error", "pool_exhausted")]
    ):
        target = bench.added(host=f"h{number}.svc", labels={"odd": ODD} if number else {})
        for latency in (0.0004, 0.1, 7.0, 1e-9):
            bench.tell(target, status, detail, latency)
    Counter("other", "From elsewhere", registry=bench.registry).inc(3)


def read(text: bytes, encode: Callable[..., bytes]) -> dict[str, Any]:
    """The families of an exposition by name, their samples in a fixed order."""
    return {
        family.name: (
            family.documentation,
            family.type,
            family.unit,
            sorted((s.name, sorted(s.labels.items()), s.value) for s in family.samples),
        )
        for family in READERS[encode](text.decode())
    }


@with_each_encoder
def test_same_samples(bench: Bench, encode: Callable[..., bytes]) -> None:
    """What is rendered reads as what prometheus_client itself writes."""
    fill(bench)
    expected = read(encode(bench.registry), encode)
    assert len(expected["app_dependency_latency_seconds"][3]) == 3 * 11
    assert read(render(bench.registry, encode), encode) == expected


@with_each_encoder
def test_same_lines(bench: Bench, encode: Callable[..., bytes]) -> None:
    """An endpoint's lines are those of prometheus_client, but for where the last label stands."""
    bench.tell(bench.added(host="a.svc"), latency=0.3)

    def lines(text: bytes) -> list[list[str]]:
        return sorted(sorted(line.strip("}").split(",")) for line in _plain(text))

    assert lines(render(bench.registry, encode)) == lines(encode(bench.registry))


def _plain(text: bytes) -> list[str]:
    """The lines, the first label apart from the name and the value from the last label."""
    return [
        line.replace("{", "{,").replace("} ", ",} ") if not line.startswith("#") else line
        for line in text.decode().splitlines()
    ]


@with_each_encoder
def test_registry_without_endpoints(encode: Callable[..., bytes]) -> None:
    """A registry that no object exports to is rendered by the encoder alone."""
    registry = CollectorRegistry()
    Counter("other", "From elsewhere", registry=registry)
    assert render(registry, encode) == encode(registry)


def test_registry_that_was_emptied(bench: Bench) -> None:
    """A collector that was taken out of its registry is not rendered."""
    fill(bench)
    collector = next(iter(bench.registry._collector_to_names))
    bench.registry.unregister(collector)
    assert b"app_dependency" not in render(bench.registry)


def test_registry_after_rendering(bench: Bench) -> None:
    """The registry's own way gives all samples again after a rendering, also one that failed."""
    fill(bench)
    count = bench.count()

    def broken(registry: CollectorRegistry) -> bytes:
        raise LookupError

    with pytest.raises(LookupError):
        render(bench.registry, broken)
    render(bench.registry)
    assert bench.count() == count


def test_pieces_tell_of_one_moment(bench: Bench) -> None:
    """What happens between two pieces is told by the next rendering, and not by half of this."""
    target = bench.added()
    bench.tell(target, "ok")
    before = render(bench.registry)
    parts = pieces(bench.registry)
    first = next(parts)
    head = next(parts)
    bench.tell(target, "timeout")
    assert b"".join([first, head, *parts]) == before
    assert b'status="timeout"} 1.0' in render(bench.registry)


def test_many_endpoints_come_in_many_pieces(bench: Bench) -> None:
    """No piece grows with the number of endpoints."""
    for number in range(400):
        bench.tell(bench.added(host=f"h{number}.svc"))
    parts = list(pieces(bench.registry))
    assert max(map(len, parts)) < len(b"".join(parts)) / 8
