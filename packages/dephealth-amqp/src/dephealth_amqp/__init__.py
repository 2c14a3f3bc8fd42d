"""Check that an AMQP 0-9-1 broker such as RabbitMQ opens a virtual host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dephealth import lazy_exports

if TYPE_CHECKING:
    from ._check import amqp_check
    from ._checker import AMQPChecker

__all__ = ["AMQPChecker", "amqp_check"]


def __getattr__(name: str) -> Any:
    return lazy_exports(__name__, name, {"AMQPChecker": "._checker", "amqp_check": "._check"})
