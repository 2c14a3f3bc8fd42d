"""The pages about health, as routers to include."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.applications import Starlette

from dephealth.api import DependencyHealth
from dephealth_web import dependencies, live, ready, status_page

from ._answer import as_starlette


async def _dependencies(request: Request) -> Response:
    """Tell which of the things that this service depends on are available."""
    return as_starlette(dependencies(_health(request)), request.method)


async def _ready(request: Request) -> Response:
    """Tell whether all is available without which this service cannot work."""
    return as_starlette(ready(_health(request)), request.method)


async def _status_page(request: Request) -> Response:
    """Show people what is down, since when and why."""
    return as_starlette(status_page(_health(request)), request.method)


async def _live(request: Request) -> Response:
    """Tell that this process answers."""
    return as_starlette(live(), request.method)


def _health(request: Request) -> DependencyHealth | None:
    state = request.app.state if hasattr(request.app.state, "dephealth") else request.state
    found: DependencyHealth | None = getattr(state, "dephealth", None)
    return found


def _serve(
    router: APIRouter,
    path: str,
    page: Callable[[Request], Awaitable[Response]],
    unavailable: str | None = None,
    *,
    in_schema: bool = True,
) -> None:
    name = path.removeprefix("/").replace("/", "_")
    others: dict[int | str, Any] = {503: {"description": unavailable}} if unavailable else {}
    router.add_api_route(
        path, page, methods=["GET"], name=name, responses=others, include_in_schema=in_schema
    )
    # A route of its own: one with both methods would have one operation id for two operations.
    router.add_api_route(path, page, methods=["HEAD"], name=name, include_in_schema=False)


dependencies_router = APIRouter()
"""``GET /health/dependencies``, about ``app.state.dephealth`` or ``request.state.dephealth``."""

_serve(dependencies_router, "/health/dependencies", _dependencies, "Some are not, or not yet known")

probes_router = APIRouter()
"""``GET /health/live`` and ``GET /health/ready``, for probes like those of Kubernetes."""

_serve(probes_router, "/health/live", _live)
_serve(probes_router, "/health/ready", _ready, "Something is not, or not yet known")


@asynccontextmanager
async def _keep_latencies(app: Starlette) -> AsyncIterator[None]:
    """Have them when the page is asked for: whoever asks wants to see what came before."""
    health: DependencyHealth | None = getattr(app.state, "dephealth", None)
    if health is not None:
        health.keep_latencies()
    yield


status_router = APIRouter(lifespan=_keep_latencies)
"""``GET /health/status``, a page for people."""

_serve(status_router, "/health/status", _status_page, in_schema=False)
