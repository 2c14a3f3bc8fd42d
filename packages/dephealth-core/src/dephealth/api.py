"""What a service imports: `DependencyHealth`, and ``X_check`` of every installed plugin.

A plugin is loaded when its name is first asked for, and no other one with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._dependency import Dependency, DependencyType
from ._endpoint import Endpoint
from ._functions import lookup_name, offered_names
from ._health import DependencyHealth
from ._snapshot import EndpointStatus

if TYPE_CHECKING:
    from dephealth_http import HTTPChecker as HTTPChecker
    from dephealth_http import http_check as http_check
    from dephealth_postgres import PostgresChecker as PostgresChecker
    from dephealth_postgres import postgres_check as postgres_check
    from dephealth_redis import RedisChecker as RedisChecker
    from dephealth_redis import redis_check as redis_check
    from dephealth_tcp import TCPChecker as TCPChecker
    from dephealth_tcp import tcp_check as tcp_check

__all__ = ["Dependency", "DependencyHealth", "DependencyType", "Endpoint", "EndpointStatus"]


def __getattr__(name: str) -> Any:
    found = lookup_name(name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*__all__, *offered_names()})
