"""What the README shows, run."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from prometheus_client import REGISTRY

import dephealth_web

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", dephealth_web.__all__)
def test_public_names_are_documented(name: str) -> None:
    """What the package offers stands in its README."""
    assert re.search(rf"\b{name}\b", README)


@pytest.fixture
def shown() -> Iterator[dict[str, Any]]:
    """What the examples define; the default registry is put right in the end."""
    before = set(REGISTRY._collector_to_names)
    namespace: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        # Any port will do, and that one may be taken.
        exec(block.replace("9464", "0"), namespace)
    yield namespace
    for collector in set(REGISTRY._collector_to_names) - before:
        REGISTRY.unregister(collector)


@pytest.mark.parametrize(
    ("path", "body"), [("/health/live", b'{"status": "healthy"}'), ("/", b"my own page")]
)
def test_wsgi(shown: dict[str, Any], path: str, body: bytes) -> None:
    """The WSGI application serves the pages beside its own."""
    environ: dict[str, Any] = {"PATH_INFO": path}
    setup_testing_defaults(environ)
    assert b"".join(shown["application"](environ, lambda *_: None)) == body


async def test_asgi(shown: dict[str, Any]) -> None:
    """The ASGI application serves the pages where they are mounted."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/ops/health/live",
        "query_string": b"",
        "headers": [],
    }
    await asyncio.wait_for(shown["app"](scope, send, send), 10)
    assert (sent[0]["status"], sent[1]["body"]) == (200, b'{"status": "healthy"}')
