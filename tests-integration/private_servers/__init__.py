"""Real servers for tests: private to the test run, on loopback, gone when it ends."""

from ._certificates import Certificates
from ._require import require
from ._server import PASSWORD, PrivateServer, ServerError
from ._waiting import wait_until
from .mariadb import MariaDBServer
from .memcached import MemcachedServer
from .openldap import OpenLDAPServer
from .postgres import PostgresServer
from .rabbitmq import RabbitMQServer
from .redis import RedisCluster, RedisSentinel, RedisServer

__all__ = [
    "PASSWORD",
    "Certificates",
    "MariaDBServer",
    "MemcachedServer",
    "OpenLDAPServer",
    "PostgresServer",
    "PrivateServer",
    "RabbitMQServer",
    "RedisCluster",
    "RedisSentinel",
    "RedisServer",
    "ServerError",
    "require",
    "wait_until",
]
