"""What happens to a test whose server is not installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import provision

if TYPE_CHECKING:
    from collections.abc import Iterable


def require(name: str, programs: Iterable[provision.Program] = provision.PROGRAMS) -> None:
    """Skip the test if the program `name` is missing, or fail it if DEPHEALTH_REQUIRE_SERVERS=1."""
    import pytest  # not above: the servers are of use without it

    program = {program.name: program for program in programs}[name]
    if not program.is_missing:
        return
    reason = f"{name} is not installed: {provision.install_command([program])}"
    if provision.required():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
