"""Every place of each type that takes a secret, with a canary in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dephealth.api
from dephealth import Dependency

from .canary import Canary

Address = tuple[str, int]
USER = "app"


@dataclass(frozen=True)
class Place:
    """One way to declare a dependency with secrets.

    Args:
        name: What is particular about it.
        canaries: The secrets.
        options: Gives the keywords of ``X_check`` for an address, and the environment's
            variables, without their prefix.
        tls: Whether it can be spoken with TLS too.
    """

    name: str
    canaries: Sequence[Canary]
    options: Callable[[Address], Mapping[str, Any]]
    environ: Callable[[Address], Mapping[str, str]] = field(default=lambda _: {})
    tls: bool = True

    def dependency_name(self, type: str) -> str:
        """A name for its dependency."""
        return f"{type}-{self.name}".replace(" ", "-").replace("_", "-").lower()

    def declare(self, type: str, address: Address, **more: Any) -> Dependency:
        """The dependency at *address*; its variables must be in the environment."""
        make = getattr(dephealth.api, f"{type}_check")
        options = {"critical": True, **self.options(address), **more}
        dependency: Dependency = make(self.dependency_name(type), **options)
        return dependency

    def variables(self, type: str, address: Address) -> Mapping[str, str]:
        """The environment's variables."""
        prefix = f"DEPHEALTH_{self.dependency_name(type).upper().replace('-', '_')}_"
        return {prefix + key: value for key, value in self.environ(address).items()}


def _in_url(scheme: str, user: str = USER, path: str = "", **more: Any) -> Place:
    canary = Canary("the password of a URL", beside=user)

    def options(address: Address) -> Mapping[str, Any]:
        host, port = address
        return {"url": f"{scheme}://{user}:{canary.quoted}@{host}:{port}{path}", **more}

    return Place("url", [canary], options)


def _in_environment_url(scheme: str, user: str = USER, path: str = "", **more: Any) -> Place:
    canary = Canary("the password of a URL in the environment", beside=user)
    return Place(
        "environment url",
        [canary],
        lambda _: more,
        lambda address: {
            "URL": f"{scheme}://{user}:{canary.quoted}@{address[0]}:{address[1]}{path}"
        },
    )


def _as_keywords(user_option: str, password_option: str, user: str = USER, **more: Any) -> Place:
    canary = Canary(f"{password_option}=", beside=user)
    return Place(
        password_option,
        [canary],
        lambda address: {
            "host": address[0],
            "port": address[1],
            user_option: user,
            password_option: canary.value,
            **more,
        },
    )


def _in_connection_string(**more: Any) -> Place:
    canary = Canary("the password of a connection string", without="\"';", beside=USER)
    return Place(
        "connection string",
        [canary],
        lambda address: {
            "url": f'Host={address[0]};Port={address[1]};Username={USER};Password="{canary.value}"',
            **more,
        },
    )


def _at(address: Address, **more: Any) -> Mapping[str, Any]:
    return {"host": address[0], "port": address[1], **more}


def _http_like(scheme: str, mapping: str) -> Sequence[Place]:
    user = Canary("the user of a URL", without=":")
    password = Canary("the password of a URL with a user")
    basic_user = Canary("the user of basic_auth", without=":")
    basic = Canary("the password of basic_auth")
    token = Canary("bearer_token=", within="")
    header = Canary(f"a value of {mapping}=", within="")
    cookie = Canary(f"authorization in {mapping}=", within="")
    env_token = Canary("BEARER_TOKEN", within="")
    env_user = Canary("BASIC_USERNAME", without=":")
    env_password = Canary("BASIC_PASSWORD")
    return [
        Place(
            "url",
            [user, password],
            lambda at: {"url": f"{scheme}://{user.quoted}:{password.quoted}@{at[0]}:{at[1]}"},
        ),
        Place(
            "basic auth",
            [basic_user, basic],
            lambda at: _at(at, basic_auth=(basic_user.value, basic.value)),
        ),
        Place("bearer token", [token], lambda at: _at(at, bearer_token=token.value)),
        Place(
            mapping,
            [header, cookie],
            lambda at: _at(
                at, **{mapping: {"x-key": header.value, "authorization": f"Token {cookie.value}"}}
            ),
        ),
        Place("env token", [env_token], _at, lambda _: {"BEARER_TOKEN": env_token.value}),
        Place(
            "env basic",
            [env_user, env_password],
            _at,
            lambda _: {"BASIC_USERNAME": env_user.value, "BASIC_PASSWORD": env_password.value},
        ),
    ]


def _binary_metadata() -> Place:
    canary = Canary("binary metadata", within="")
    return Place(
        "binary", [canary], lambda at: _at(at, metadata={"key-bin": canary.value.encode()})
    )


def _postgres_params() -> Place:
    password = Canary("password among the options of a URL")
    setting = Canary("a setting among the options of a URL")
    return Place(
        "options",
        [password, setting],
        lambda at: {
            "url": f"postgresql://{USER}@{at[0]}:{at[1]}/orders?password={password.quoted}"
            f"&application_name={setting.quoted}"
        },
    )


def _jdbc(scheme: str) -> Place:
    canary = Canary("the password of a JDBC URL")
    return Place(
        "jdbc",
        [canary],
        lambda at: {
            "url": f"jdbc:{scheme}://{at[0]}:{at[1]}/orders?user={USER}&password={canary.quoted}"
        },
    )


def _scram(mechanism: str) -> Place:
    canary = Canary(f"password with {mechanism}", beside=USER)
    return Place(
        mechanism,
        [canary],
        lambda at: _at(at, username=USER, password=canary.value, sasl_mechanism=mechanism),
    )


def _env_bind() -> Place:
    canary = Canary("LDAP_BIND_PASSWORD", within="")
    return Place(
        "env bind",
        [canary],
        lambda at: _at(at, check_method="simple_bind"),
        lambda _: {"LDAP_BIND_DN": DN, "LDAP_BIND_PASSWORD": canary.value},
    )


DN = "cn=admin,dc=example,dc=org"
_LOGIN = ("username", "password")

PLACES: Mapping[str, Sequence[Place]] = {
    "http": _http_like("http", "headers"),
    "grpc": [*_http_like("grpc", "metadata"), _binary_metadata()],
    "tcp": [_in_url("tcp")],
    "postgres": [
        _in_url("postgresql", path="/orders"),
        _in_environment_url("postgresql", path="/orders"),
        _as_keywords(*_LOGIN),
        _in_connection_string(),
        _postgres_params(),
        _jdbc("postgresql"),
    ],
    "mysql": [
        _in_url("mysql", path="/orders"),
        _in_environment_url("mysql"),
        _as_keywords(*_LOGIN),
        _in_connection_string(),
        _jdbc("mysql"),
    ],
    "redis": [_in_url("redis"), _in_environment_url("redis"), _as_keywords(*_LOGIN)],
    "amqp": [_in_url("amqp"), _in_environment_url("amqp"), _as_keywords(*_LOGIN)],
    "kafka": [
        _in_url("kafka"),
        _in_environment_url("kafka"),
        _as_keywords(*_LOGIN),
        _scram("SCRAM-SHA-256"),
        _scram("SCRAM-SHA-512"),
    ],
    "ldap": [
        _in_url("ldap", "cn=app"),
        _in_environment_url("ldap", "cn=app"),
        _as_keywords("bind_dn", "bind_password", DN, check_method="simple_bind"),
        _as_keywords(*_LOGIN, user=DN, check_method="simple_bind"),
        _env_bind(),
    ],
}


def canaries_of(*types: str) -> list[Canary]:
    """The secrets of all places of *types*."""
    return [canary for type in types for place in PLACES[type] for canary in place.canaries]
