"""The pytest plugin: fixtures for tests of checkers. Named by the entry point."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._certificates import Certificates
    from ._connection import Address
    from ._fault import Fault
    from ._threaded import ThreadedFaultProxy


class FaultProxyFactory(Protocol):
    """What the fixture `fault_proxy` gives."""

    def __call__(
        self,
        upstream: Address | None = None,
        fault: Fault | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> ThreadedFaultProxy:
        """Start a proxy that runs until the end of the test."""


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates that are right, and ones that are wrong in one way each."""
    from ._certificates import Certificates

    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def fault_proxy() -> Iterator[FaultProxyFactory]:
    """Start servers that behave as badly as they are told."""
    from ._threaded import ThreadedFaultProxy

    with ExitStack() as stack:

        def start(
            upstream: Address | None = None,
            fault: Fault | None = None,
            *,
            host: str = "127.0.0.1",
            port: int = 0,
        ) -> ThreadedFaultProxy:
            return stack.enter_context(ThreadedFaultProxy(upstream, fault, host=host, port=port))

        yield start
