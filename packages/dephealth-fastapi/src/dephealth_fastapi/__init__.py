"""Serve what the checks find from a FastAPI application."""

from ._lifespan import dephealth_lifespan
from ._middleware import DepHealthMiddleware
from ._routers import dependencies_router, probes_router, status_router

__all__ = [
    "DepHealthMiddleware",
    "dependencies_router",
    "dephealth_lifespan",
    "probes_router",
    "status_router",
]
