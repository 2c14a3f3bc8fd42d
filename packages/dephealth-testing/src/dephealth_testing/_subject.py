"""The checker that a contract is about, and what is said of its checks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar

from dephealth import (
    CORE_DETAILS,
    Checker,
    CheckerRegistry,
    CheckerSpec,
    Dependency,
    SingleCheck,
    check_once,
    declare,
)

SECRET = "s3cret/p@ss:w%rd?#"  # noqa: S105  # every character that a URL cares about
ENCODED = "s3cret%2Fp%40ss%3Aw%25rd%3F%23"
SHORT = 0.3
"""The timeout of checks that are meant to run into it."""
LONG = 2.0
"""The timeout of all others."""
_PUNCTUAL = 0.1

Details = str | frozenset[str]
"""One detail, or several of which any is right."""


def registry_of(*plugins: object) -> CheckerRegistry:
    """Make a registry for one test: of *plugins*, and of nothing that is installed.

    Args:
        plugins: Modules, as an entry point names them, or objects with hooks.

    Raises:
        PluginError: One of them is broken, or two clash.
    """
    registry = CheckerRegistry(points=(), disabled=())
    for plugin in plugins:
        registry.register(plugin, getattr(plugin, "__name__", type(plugin).__name__))
    return registry


class Subject:
    """What a subclass of a contract says of its checker, and the ways to try it."""

    plugin: ModuleType
    """The module that the entry point names."""
    type: str
    """The dependency type to test."""
    url: str
    """URL with ``{host}`` and ``{port}``, and ``{secret}`` where a password goes."""
    tls_url: str | None = None
    """The same with TLS from the first byte, if the protocol has that."""
    options: ClassVar[Mapping[str, Any]] = {}
    """Further keywords of ``X_check``."""
    differs: ClassVar[Mapping[str, Details]] = {}
    """What is not as in `expected`."""
    patience: ClassVar[float] = 20.0
    """Seconds that what many checks have opened gets to be gone."""
    expected: ClassVar[Mapping[str, Details]] = {}
    """The detail that each fault must yield."""

    def _spec(self) -> CheckerSpec:
        return registry_of(self.plugin).get(self.type)

    def _declared(self, host: str, port: int, url: str | None = None, **more: Any) -> Dependency:
        text = (url or self.url).format(secret=ENCODED, host=host, port=port)
        options = {"url": text, "critical": True, **self.options, **more}
        return declare(self._spec(), "contract", options, {})

    def _once(self, dependency: Dependency, timeout: float = LONG) -> SingleCheck:
        async def once() -> SingleCheck:
            try:
                return await check_once(dependency.checker, dependency.endpoints[0], timeout)
            finally:
                await close(dependency)

        return asyncio.run(once())

    def _expect(self, key: str, check: SingleCheck) -> None:
        wanted = self.differs.get(key, self.expected[key])
        wanted = frozenset({wanted}) if isinstance(wanted, str) else wanted
        assert check.outcome is not None, f"{key}: {check.reason}"
        assert check.outcome.detail in wanted, (
            f"{key}: detail={check.outcome.detail!r} instead of "
            f"{' or '.join(map(repr, sorted(wanted)))} (reason: {check.reason or 'it passed'}); "
            "differs says where another one is right"
        )
        assert check.expected, f"{key}: nobody knows what it means: {check}"
        assert self._announces(check.outcome.detail, check.outcome.status), (
            f"{key}: {check.outcome} is not among the spec's details"
        )

    def _expect_punctual(self, key: str, check: SingleCheck) -> None:
        """`_expect` of a check that was given `SHORT`."""
        self._expect(key, check)
        if check.outcome is not None and check.outcome.detail == "timeout":
            assert SHORT - 0.01 <= check.latency <= SHORT + _PUNCTUAL

    def _announces(self, detail: str, status: str) -> bool:
        own = self._spec().details
        patterns = [pattern for pattern in own if re.fullmatch(pattern, detail)]
        return CORE_DETAILS.get(detail) == status or any(own[p] == status for p in patterns)


async def close(dependency: Dependency) -> None:
    """Close the checker, if it can be."""
    if isinstance(dependency.checker, Checker):
        await dependency.checker.aclose()
