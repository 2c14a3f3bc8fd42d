"""What this package tells dephealth; imports no more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dephealth import CheckerSpec, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from dephealth import Dependency

    from ._checker import AMQPChecker


def _checker() -> type[AMQPChecker]:
    from ._checker import AMQPChecker

    return AMQPChecker


def _check() -> Callable[..., Dependency]:
    from ._check import amqp_check

    return amqp_check


SPEC = CheckerSpec(
    type="amqp",
    schemes={"amqp": 5672, "amqps": 5671},
    tls_schemes=frozenset({"amqps"}),
    checker=_checker,
    check=_check,
)


@hookimpl
def dephealth_checkers() -> list[CheckerSpec]:
    """AMQP 0-9-1."""
    return [SPEC]
