"""Each checker by itself: a new connection for each check."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

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

from .subjects import NAME, Subject, bracketed, given
from .target import WRONG_PASSWORD, Login, Target

CHECKS: dict[str, Callable[..., Dependency]] = {
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
_TLS_SCHEMES = {"http": "https", "grpc": "grpcs", "redis": "rediss", "ldap": "ldaps"}
_TLS_SCHEMES["amqp"] = "amqps"


def credentials(type: str, target: Target) -> tuple[str | None, str | None]:
    """User and password for the login that *target* asks for."""
    server: Any = target.server
    if type == "redis":
        server = getattr(server, "master", server)
        user, password = None, server.password
        outsider = getattr(server, "limited_user", None), getattr(server, "user_password", None)
    elif type == "grpc":
        user, password = None, server.token
        outsider = None, WRONG_PASSWORD
    elif type == "tcp":
        return None, None
    else:
        user, password = server.reader if type == "ldap" else server.user, server.password
        outsider = getattr(server, "outsider", None), server.password
    if type in {"postgres", "mysql"} and target.door == "mtls":
        user, password = server.certificate_user, None if type == "postgres" else password
    match target.login:
        case Login.GOOD:
            return user, password
        case Login.WRONG:
            return user, WRONG_PASSWORD
        case Login.OUTSIDER:
            return outsider
        case Login.TLS_ONLY:
            return server.tls_user, password
        case Login.NONE:
            return (user if type in {"postgres", "mysql"} else None), None


@dataclass(frozen=True)
class Standalone(Subject):
    """Declared by a URL with all that is needed, or by ``host=`` and keywords."""

    def open(self, target: Target, *, warm: bool) -> AbstractAsyncContextManager[Dependency]:
        del warm
        return given(self.declare(target))

    def declare(self, target: Target, *, hosts: str | None = None) -> Dependency:
        """What a service declares for *target*; *hosts* stand in the URL in its stead."""
        user, password = credentials(self.type, target)
        login, options = self._options(target, user, password)
        options |= target.options
        check = CHECKS[self.type]
        if target.by_host:
            names = (
                ("username", "password") if self.type != "ldap" else ("bind_dn", "bind_password")
            )
            named: dict[str, Any] = (
                dict(zip(names, (user, password), strict=True)) if login and password else {}
            )
            if self.type in {"postgres", "mysql"}:
                named["database"] = self._path(target)
            elif self.type == "amqp":
                named["vhost"] = self._path(target)
            return check(
                NAME, host=target.host, port=target.port, critical=True, **named, **options
            )
        scheme = self.type
        if options.get("tls") and self.type in _TLS_SCHEMES:
            scheme = _TLS_SCHEMES[self.type]
            del options["tls"]
        at = hosts or f"{bracketed(target.host)}:{target.port}"
        userinfo = f"{_quoted(user)}:{_quoted(password)}@" if login and (user or password) else ""
        path = f"/{_quoted(self._path(target))}" if self._path(target) else ""
        return check(NAME, url=f"{scheme}://{userinfo}{at}{path}", critical=True, **options)

    def _path(self, target: Target) -> str:
        server: Any = target.server
        match self.type:
            case "redis":
                return target.database or ""
            case "postgres" | "mysql":
                return str(target.database or server.database)
            case "amqp":
                return str(server.other_vhost)
        return ""

    def _options(
        self, target: Target, user: str | None, password: str | None
    ) -> tuple[bool, dict[str, Any]]:
        """Whether user and password are part of the address; further keywords."""
        options = target.tls_options()
        server: Any = target.server
        match self.type:
            case "http":
                options["health_path"] = "/private"
                if user and password:
                    options["basic_auth"] = (user, password)
                return False, options
            case "grpc":
                if password:
                    options["bearer_token"] = password
                return False, options
            case "ldap":
                if self.tls_inside and options.pop("tls", False):
                    options["start_tls"] = True
                return True, options | {"check_method": "search", "base_dn": server.guarded}
            case "postgres" if target.login is Login.TLS_ONLY:
                options["params"] = {"sslmode": "disable"}
            case "kafka":
                return target.door == "login", options
        return True, options


def _quoted(text: str | None) -> str:
    return quote(text or "", safe="")
