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
    from dephealth_amqp import AMQPChecker as AMQPChecker
    from dephealth_amqp import amqp_check as amqp_check
    from dephealth_grpc import GRPCChecker as GRPCChecker
    from dephealth_grpc import grpc_check as grpc_check
    from dephealth_http import HTTPChecker as HTTPChecker
    from dephealth_http import http_check as http_check
    from dephealth_kafka import KafkaChecker as KafkaChecker
    from dephealth_kafka import kafka_check as kafka_check
    from dephealth_ldap import LdapChecker as LdapChecker
    from dephealth_ldap import ldap_check as ldap_check
    from dephealth_mysql import MySQLChecker as MySQLChecker
    from dephealth_mysql import mysql_check as mysql_check
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
