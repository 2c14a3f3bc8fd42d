"""What this package tells dephealth; imports no more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dephealth import CheckerSpec, Status, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from dephealth import Dependency

    from ._checker import KafkaChecker


def _checker() -> type[KafkaChecker]:
    from ._checker import KafkaChecker

    return KafkaChecker


def _check() -> Callable[..., Dependency]:
    from ._check import kafka_check

    return kafka_check


SPEC = CheckerSpec(
    type="kafka",
    schemes={"kafka": 9092},
    details={"no_brokers": Status.UNHEALTHY},
    checker=_checker,
    check=_check,
)


@hookimpl
def dephealth_checkers() -> list[CheckerSpec]:
    """Kafka."""
    return [SPEC]
