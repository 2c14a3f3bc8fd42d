"""What a check has to come to at each hostile server, and the memory that it may take."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dephealth.api
from dephealth import Dependency

TIMEOUT = 0.3
"""Seconds."""
LATE = 0.2
"""Seconds that a timeout may come late."""
MOST = 32 * 1024
"""Kilobytes by which the memory may grow."""

_ENDLESS_BUT_SOUND = (
    "http endless 102 responses",
    "http endless 103 responses",
    "mysql endless switches of the login",
    "kafka endless answers that nobody asked for",
    "ldap entries without end",
    "ldap references without end",
    "ldap entry of 60 kB without end",
    "grpc endless settings",
    "grpc endless pings",
    "grpc gzip bomb",
)
_NOT_READ = (
    "tcp bytes without end",
    "http body of 10 GB",
    "http body without end",
    "http endless chunks",
    "http endless chunk header",
    "http gzip bombs",
)
_OF_TLS: Mapping[str, frozenset[str]] = {
    "endless hello requests": frozenset({"timeout"}),
    "endless renegotiation": frozenset({"timeout", "tls_error"}),
    "ten million tickets": frozenset({"timeout"}),
    "hello of 16 MB": frozenset({"tls_error"}),
    "certificates of 16 MB": frozenset({"tls_error"}),
    "endless warnings": frozenset({"tls_error"}),
}
_EXPECTED: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_ENDLESS_BUT_SOUND, frozenset({"timeout"})),
    **dict.fromkeys(_NOT_READ, frozenset({"ok"})),
    "kafka metadata of two thousand million brokers": frozenset({"no_brokers"}),
    "kafka metadata of 2000 brokers": frozenset({"ok", "timeout"}),
    "grpc endless headers": frozenset({"error", "timeout"}),
    "grpc headers that unpack to gigabytes": frozenset({"error", "timeout"}),
}
"""Those that are not an error."""

LATE_OF: Mapping[str, float] = {"grpc endless headers": 1.0}
"""Those for which `LATE` is not enough: grpcio holds the loop up when it gives up what it kept."""

MOST_OF: Mapping[str, tuple[int, str]] = {
    "kafka metadata of 2000 brokers": (
        192 * 1024,
        "librdkafka starts a thread for each broker that is named",
    ),
    "grpc endless headers": (512 * 1024, "grpcio keeps what it refuses for as long as it comes"),
}
"""Those for which `MOST` is not enough: kilobytes, and why."""

_LOGIN: Mapping[str, Mapping[str, Any]] = {
    "amqp": {"username": "app", "password": "hunter2hunter2"},
    "mysql": {"username": "app", "password": "hunter2hunter2"},
    "postgres": {"username": "app", "password": "hunter2hunter2"},
    "redis": {"password": "hunter2hunter2"},
}


def expected(name: str) -> frozenset[str]:
    """The details of which the check of server *name* has to come to one."""
    _, secure, flood = name.partition(" over TLS: ")
    return _OF_TLS[flood] if secure else _EXPECTED.get(name, frozenset({"error"}))


def dependency(name: str, port: int, authority: Path) -> Dependency:
    """What checks server *name*."""
    type = name.partition(" ")[0]
    options = dict(_LOGIN.get(type, {}))
    if " over TLS" in name:
        options |= {"tls": True, "tls_ca_file": str(authority)}
    elif type == "postgres":
        options |= {"params": {"sslmode": "disable"}}
    declare = getattr(dephealth.api, f"{type}_check")
    found: Dependency = declare("hostile", host="127.0.0.1", port=port, critical=False, **options)
    return found
