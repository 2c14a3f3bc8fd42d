"""A type of dependency with options of every kind, for tests of what users declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dephealth import (
    CheckerSpec,
    ConfigurationError,
    Dependency,
    Endpoint,
    PooledChecker,
    declare,
    option,
)

SECRET = "hunter2-hunter2"


class Till:
    """What an application's own client is to the type; compares with nothing."""

    def __init__(self, host: str = "till.svc", port: int = 4711) -> None:
        self.at = host, port

    def __eq__(self, other: object) -> bool:
        raise AssertionError("an application's object was compared")

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, kw_only=True)
class KioskChecker(PooledChecker):
    """Checks nothing, but knows all kinds of options."""

    type = "kiosk"
    source_option = "client"

    client: Any = option(None, help="their own", kind=object)  # a field
    username: str | None = option(None, help="who asks")
    password: str | None = option(None, help="what opens it", secret=True, env="PASSWORD")
    database: str = option("", help="what to open")
    basic_auth: tuple[str, str] | None = option(
        None, help="both", kind=object, env=("BASIC_USERNAME", "BASIC_PASSWORD"), secret=True
    )
    headers: Mapping[str, str] | None = option(None, help="sent along", kind=dict, secret=True)
    path: str = option("/health", help="where to look", env="HEALTH_PATH")
    verbose: bool = option(False, help="whether to talk", kind=bool, env="VERBOSE")
    depth: int = option(1, help="how far to look", kind=int, env="DEPTH")
    weight: float = option(1.0, help="its weight", kind=float, env="WEIGHT")
    regions: Sequence[str] | None = option(None, help="where to look", kind=list, env="REGIONS")
    tls: bool = option(False, help="use TLS", kind=bool)
    private: int = field(default=0)

    async def check(self, endpoint: Endpoint) -> None:
        raise AssertionError

    def verify(self, source: Any) -> None:
        if not isinstance(source, Till):
            raise ConfigurationError(f"client= must be a Till, not {type(source).__name__}")

    def locate(self, source: Any) -> tuple[str, str | int]:
        return source.at  # type: ignore[no-any-return]


SPEC = CheckerSpec(
    type="kiosk",
    schemes={"kiosk": 4711, "kiosks": 4712},
    tls_schemes=frozenset({"kiosks"}),
    checker=lambda: KioskChecker,
)


def kiosk_check(
    name: str = "kiosk-1", environ: Mapping[str, str] | None = None, **given: Any
) -> Dependency:
    """What its ``X_check`` would be, in an environment of its own."""
    return declare(SPEC, name, {"critical": True, **given}, environ or {})


def checker_of(dependency: Dependency) -> KioskChecker:
    assert isinstance(dependency.checker, KioskChecker)
    return dependency.checker
