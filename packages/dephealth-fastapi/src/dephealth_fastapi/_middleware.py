"""``/metrics`` in front of an application."""

from __future__ import annotations

from fastapi import Request
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp, Receive, Scope, Send

from dephealth import ConfigurationError
from dephealth_web import metrics_in_turns

from ._answer import as_starlette


class DepHealthMiddleware:
    """Serves a Prometheus registry at one path; everything else goes to the application.

    Args:
        app: The application, which ``add_middleware`` gives.
        registry: What is served, the whole of it; the default one if not given.
        metrics_path: Where, below the path at which the application is mounted.

    Raises:
        ConfigurationError: The path does not begin with ``/``.
    """

    def __init__(
        self,
        app: ASGIApp,
        registry: CollectorRegistry | None = None,
        metrics_path: str = "/metrics",
    ) -> None:
        if not metrics_path.startswith("/"):
            raise ConfigurationError(f"metrics_path {metrics_path!r} must begin with '/'")
        self._app = app
        self._registry = registry
        self._path = metrics_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._is_asked(scope):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        response = await metrics_in_turns(
            self._registry,
            ",".join(request.headers.getlist("accept")),
            ",".join(request.headers.getlist("accept-encoding")),
            request.query_params.getlist("name[]"),
        )
        await as_starlette(response, scope["method"])(scope, receive, send)

    def _is_asked(self, scope: Scope) -> bool:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            return False
        # Some servers and routers leave the path of the mount in, others do not.
        return scope["path"] in {self._path, scope.get("root_path", "") + self._path}
