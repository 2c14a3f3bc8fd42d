"""What the service is told to check."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Self

INTERVAL = 1.0
TIMEOUT = 0.9
POOLED = ("postgres", "mysql", "redis", "ldap")
"""The types that can check through an object of the application."""


@dataclass(frozen=True)
class Group:
    """Endpoints that differ in nothing but their names.

    Args:
        name: Its endpoints are dependencies with this name and a number.
        type: Who checks them.
        port: Where they are.
        copies: How many there are.
        host: Where they are; with ``{n}`` in it, each is elsewhere.
        pooled: Whether they are checked through one object of the application.
        way: "direct", by "name", or "behind" a proxy.
        options: Keywords of ``X_check``.
        account: Keywords for the application's own object.
    """

    name: str
    type: str
    port: int
    copies: int
    host: str = "127.0.0.1"
    pooled: bool = False
    way: str = "direct"
    options: dict[str, Any] = field(default_factory=dict)
    account: dict[str, Any] = field(default_factory=dict)

    @property
    def members(self) -> list[str]:
        """The names of its endpoints."""
        return [f"{self.name}-{number}" for number in range(self.copies)]

    @property
    def places(self) -> list[dict[str, Any]]:
        """The keywords of ``X_check`` that say where they are."""
        return [
            {"host": self.host.format(n=number), "port": self.port} for number in range(self.copies)
        ]

    def plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)

    @classmethod
    def read(cls, plain: dict[str, Any]) -> Self:
        """What `plain` gave."""
        return cls(**plain)
