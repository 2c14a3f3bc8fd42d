"""What the service declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dephealth.api import (
    Dependency,
    amqp_check,
    grpc_check,
    http_check,
    kafka_check,
    ldap_check,
    mysql_check,
    postgres_check,
    redis_check,
    tcp_check,
)

from .groups import Group

_CHECKS: dict[str, Any] = {
    "tcp": tcp_check,
    "http": http_check,
    "grpc": grpc_check,
    "postgres": postgres_check,
    "mysql": mysql_check,
    "redis": redis_check,
    "ldap": ldap_check,
    "amqp": amqp_check,
    "kafka": kafka_check,
}


def declaration(group: Group, given: Mapping[str, Any]) -> list[Dependency]:
    """The dependencies of *group*; *given* is the keyword of the application's object, if any."""
    options = {**group.options, **given}
    if "basic_auth" in options:
        options["basic_auth"] = tuple(options["basic_auth"])  # JSON has none
    return [
        _CHECKS[group.type](name, critical=True, **options, **({} if given else place))
        for name, place in zip(group.members, group.places, strict=True)
    ]
