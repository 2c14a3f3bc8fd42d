"""What is answered about the dependencies and about this process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dephealth_web import Response, dependencies, live, ready

if TYPE_CHECKING:
    from conftest import Checked


def content(response: Response) -> Any:
    """What the body says."""
    return json.loads(response.body)


@pytest.mark.parametrize(
    ("states", "code", "status", "available"),
    [
        ({}, 200, "healthy", {}),
        ({"db": "up"}, 200, "healthy", {"db": True}),
        ({"db": "down"}, 503, "degraded", {"db": False}),
        ({"db": "up", "cache": "optional down"}, 503, "degraded", {"db": True, "cache": False}),
        ({"db": "unknown"}, 503, "unknown", {"db": False}),
        ({"db": "up", "cache": "unknown"}, 503, "unknown", {"db": True, "cache": False}),
        ({"db": "down", "cache": "unknown"}, 503, "degraded", {"db": False, "cache": False}),
        ({"db": "up down"}, 200, "healthy", {"db": True}),
        ({"db": "unknown up"}, 200, "healthy", {"db": True}),
        ({"db": "down unknown"}, 503, "degraded", {"db": False}),
    ],
)
async def test_dependencies(
    checked: Checked, states: dict[str, str], code: int, status: str, available: dict[str, bool]
) -> None:
    """All dependencies count, each by the best of its endpoints."""
    response = dependencies(await checked(**states))
    assert response.status == code
    assert content(response) == {"status": status, "dependencies": available}


async def test_dependencies_agree_with_the_object(checked: Checked) -> None:
    """The page tells the same as health()."""
    health = await checked(a="up", b="down", c="unknown", d="down up")
    assert content(dependencies(health))["dependencies"] == health.health()


def test_dependencies_without_an_object() -> None:
    """Without an object nothing is known."""
    response = dependencies(None)
    assert response.status == 503
    assert content(response) == {"status": "unknown", "dependencies": {}}


@pytest.mark.parametrize(
    ("states", "code", "status", "unhealthy", "unknown"),
    [
        ({}, 200, "healthy", [], []),
        ({"db": "up", "cache": "optional down"}, 200, "healthy", [], []),
        ({"db": "up", "cache": "optional unknown"}, 200, "healthy", [], []),
        ({"db": "down", "cache": "up"}, 503, "degraded", ["db"], []),
        ({"db": "unknown", "cache": "up"}, 503, "unknown", [], ["db"]),
        ({"db": "unknown", "cache": "down"}, 503, "degraded", ["cache"], ["db"]),
        ({"db": "down unknown"}, 503, "degraded", ["db"], []),
        ({"db": "down up"}, 200, "healthy", [], []),
    ],
)
async def test_ready(
    checked: Checked,
    states: dict[str, str],
    code: int,
    status: str,
    unhealthy: list[str],
    unknown: list[str],
) -> None:
    """Only critical dependencies keep a process from being ready; which ones is told."""
    response = ready(await checked(**states))
    assert response.status == code
    assert content(response) == {"status": status, "unhealthy": unhealthy, "unknown": unknown}


def test_ready_without_an_object() -> None:
    """Without an object a process is not ready."""
    response = ready(None)
    assert response.status == 503
    assert content(response) == {"status": "unknown", "unhealthy": [], "unknown": []}


def test_live() -> None:
    """A process that answers is alive."""
    response = live()
    assert response.status == 200
    assert content(response) == {"status": "healthy"}


@pytest.mark.parametrize("response", [dependencies(None), ready(None), live()])
def test_headers(response: Response) -> None:
    """What is told about health is JSON that nobody may keep."""
    assert response.headers == {
        "Content-Type": "application/json",
        "Content-Length": str(len(response.body)),
        "Cache-Control": "no-store",
    }


def test_without_body() -> None:
    """The answer to HEAD has the headers of the answer to GET."""
    full = live()
    empty = full.without_body()
    assert empty.body == b""
    assert (empty.status, empty.headers) == (full.status, full.headers)
