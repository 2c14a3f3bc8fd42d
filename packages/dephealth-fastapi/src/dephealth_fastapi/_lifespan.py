"""The checks as part of an application's life."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from starlette.applications import Starlette

from dephealth.api import Dependency, DependencyHealth


def dephealth_lifespan(
    name: str | None = None, group: str | None = None, *specs: Dependency, **options: Any
) -> Callable[[Starlette], AbstractAsyncContextManager[dict[str, DependencyHealth]]]:
    """Make a lifespan that checks the dependencies for as long as the application runs.

    Each start of the application makes a new `DependencyHealth` of these
    arguments, which is at ``app.state.dephealth`` and ``request.state.dephealth``.

    Args:
        name: As for `DependencyHealth`.
        group: As for `DependencyHealth`.
        *specs: What ``X_check()`` gives.
        **options: All others that `DependencyHealth` takes.

    Raises:
        ConfigurationError: When the application starts: something cannot be
            as declared (docs/configuration.md).
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, DependencyHealth]]:
        health = DependencyHealth(name, group, *specs, **options)
        await health.start()
        app.state.dephealth = health
        try:
            yield {"dephealth": health}
        finally:
            await health.stop()

    return lifespan
