"""The framework-neutral answers as Starlette sends them."""

from __future__ import annotations

from fastapi import Response as StarletteResponse

from dephealth_web import Response


def as_starlette(response: Response, method: str) -> StarletteResponse:
    """*response* to a request with *method*, GET or HEAD."""
    sent = response.without_body() if method == "HEAD" else response
    return StarletteResponse(sent.body, sent.status, dict(sent.headers))
