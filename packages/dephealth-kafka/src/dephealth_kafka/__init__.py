"""Check that a Kafka broker answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dephealth import lazy_exports

if TYPE_CHECKING:
    from ._check import kafka_check
    from ._checker import KafkaChecker

__all__ = ["KafkaChecker", "kafka_check"]


def __getattr__(name: str) -> Any:
    return lazy_exports(__name__, name, {"KafkaChecker": "._checker", "kafka_check": "._check"})
