"""An answer, whatever framework sends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Response:
    """What is to be sent: the status code, the headers, the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def without_body(self) -> Response:
        """The answer to HEAD: it still has the length that the body would have."""
        return replace(self, body=b"")


def respond(status: int, content_type: str, body: bytes, **more: str) -> Response:
    """The response with these headers, *more* of them, and the body's length."""
    headers = {"Content-Type": content_type, "Content-Length": str(len(body)), **more}
    return Response(int(status), headers, body)
