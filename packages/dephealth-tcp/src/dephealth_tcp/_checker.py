"""TCP: connect and close."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dephealth import Checker, Endpoint, dial, resolve


@dataclass(frozen=True, kw_only=True)
class TCPChecker(Checker):
    """Connect to the port; whatever follows, an established connection is ``ok``.

    The addresses of a name are tried one after the other; one that accepts is
    enough. What the last one met counts if none does.
    """

    type: ClassVar[str] = "tcp"

    async def check(self, endpoint: Endpoint) -> None:
        """Return once a connection is established; raise `OSError` if none can be."""
        (await dial(await resolve(endpoint.host), int(endpoint.port))).close()
