"""All columns, in the order of the page."""

from __future__ import annotations

from .pools import (
    LdapClient,
    MySQLPool,
    PostgresPool,
    RedisClient,
    RedisClusterClient,
    RedisSentinelClient,
)
from .standalone import Standalone
from .subjects import Subject

SUBJECTS: tuple[Subject, ...] = (
    Standalone("tcp", server="http"),
    Standalone("http"),
    Standalone("grpc"),
    Standalone("postgres", tls_inside=True),
    PostgresPool("postgres", "pool", tls_inside=True),
    Standalone("mysql", tls_inside=True),
    MySQLPool("mysql", "pool", tls_inside=True),
    Standalone("redis"),
    RedisClient("redis", "client"),
    RedisSentinelClient("redis", "Sentinel client", server="redis sentinel"),
    RedisClusterClient("redis", "Cluster client", server="redis cluster"),
    Standalone("ldap"),
    Standalone("ldap", "standalone, StartTLS", tls_inside=True),
    LdapClient("ldap", "client"),
    Standalone("amqp"),
    Standalone("kafka"),
    Standalone("kafka", "standalone, Apache Kafka", server="apache"),
)
