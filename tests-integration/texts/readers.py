"""All that reads a text from outside: it gives a result or raises `ConfigurationError`."""

from __future__ import annotations

import atexit
import logging
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from importlib import import_module
from pathlib import Path

from dephealth import CheckerRegistry, CheckerSpec, ConfigurationError, Endpoint, declare
from dephealth.api import DependencyHealth
from dephealth_cli._addresses import declared
from dephealth_cli._config import load

TYPES = ("http", "grpc", "tcp", "postgres", "mysql", "redis", "amqp", "kafka", "ldap")
_VARIABLES = (
    *("URL", "HOST", "PORT", "TYPE", "CRITICAL", "CHECK_INTERVAL", "TIMEOUT", "INITIAL_DELAY"),
    *("FAILURE_THRESHOLD", "SUCCESS_THRESHOLD", "HEALTH_PATH", "HOST_HEADER", "GRPC_AUTHORITY"),
    *("BEARER_TOKEN", "BASIC_USERNAME", "BASIC_PASSWORD", "LDAP_CHECK_METHOD", "LDAP_BIND_DN"),
    *("LDAP_BIND_PASSWORD", "LDAP_BASE_DN", "LDAP_SEARCH_FILTER", "LDAP_SEARCH_SCOPE"),
    *("LDAP_START_TLS", "LABEL_TEAM"),
)
Reader = Callable[[str], None]
_REGISTRY = CheckerRegistry()


def _spec(type: str) -> CheckerSpec:
    spec: CheckerSpec = import_module(f"dephealth_{type}.plugin").SPEC
    return spec


def _address(type: str, text: str) -> None:
    declare(_spec(type), "x", {"url": text, "critical": True}, {})


def _host(text: str) -> None:
    declare(_spec("redis"), "x", {"host": text, "critical": True}, {})
    Endpoint(text, "1")


def _port(text: str) -> None:
    declare(_spec("redis"), "x", {"host": "h", "port": text, "critical": True}, {})


def _variable(type: str, key: str, text: str) -> None:
    here = {"DEPHEALTH_X_HOST": "h", "DEPHEALTH_X_PORT": "1", "DEPHEALTH_X_CRITICAL": "yes"}
    declare(_spec(type), "x", {}, {**here, f"DEPHEALTH_X_{key}": text})


def _environment(text: str) -> None:
    """Each variable, of a type that reads it."""
    types = {
        key: next((one for one in ("GRPC", "LDAP") if key.startswith(one)), "HTTP")
        for key in _VARIABLES
    }
    _any(partial(_variable, type.lower(), key, text) for key, type in types.items())


def _label(text: str) -> None:
    Endpoint("h", "1", labels={"team": text})
    declare(_spec("tcp"), "x", {"url": "tcp://h:1", "critical": True, "labels": {"a": text}}, {})


def _label_name(text: str) -> None:
    Endpoint("h", "1", labels={text: "x"})


def _dependency_name(text: str) -> None:
    declare(_spec("tcp"), text, {"url": "tcp://h:1", "critical": True}, {})


def _service_name(text: str) -> None:
    DependencyHealth(text, "x", exporters=[])


@cache
def _path() -> Path:
    """One file for all: to make and delete one takes longer than to read it."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return Path(folder.name) / "dephealth.toml"


def _file(text: str) -> None:
    _path().write_bytes(text.encode("utf-8", "surrogatepass"))
    load(str(_path()), _REGISTRY, {"VARIABLE": "value"})


def _value_in_file(text: str) -> None:
    """As an address, as a host, or as a password."""
    safe = "".join(char for char in text if char.isprintable() and char not in '"\\')
    keys = (f'url="{safe}"', f'type="redis"\nhost="{safe}"', f'url="redis://h"\npassword="{safe}"')
    here = "name='x'\ngroup='x'\n[dependencies.a]\ncritical=true\n"
    _any(partial(_file, here + key) for key in keys)


def _argument(text: str) -> None:
    """A URL, or ``--option``."""
    given: Sequence[tuple[Sequence[str], Sequence[str]]]
    given = (([text], []), (["http://h"], [text]), (["ldap://h"], [text]))
    _any(partial(declared, urls, settings, _REGISTRY) for urls, settings in given)


def _any(attempts: Iterable[Callable[[], object]]) -> None:
    """Raise `ConfigurationError` if all of them do."""
    accepted = 0
    for attempt in attempts:
        try:
            attempt()
        except ConfigurationError:
            continue
        accepted += 1
    if not accepted:
        raise ConfigurationError("none is accepted")


READERS: Mapping[str, Reader] = {
    **{f"an address of {type}": partial(_address, type) for type in TYPES},
    "a host": _host,
    "a port": _port,
    "the environment": _environment,
    "the value of a label": _label,
    "the name of a label": _label_name,
    "the name of a dependency": _dependency_name,
    "the name of a service": _service_name,
    "the configuration file": _file,
    "a value in the configuration file": _value_in_file,
    "an argument of the command": _argument,
}
_GOOD_FILE = """
name = "orders"
group = "shop"
[defaults]
interval = "10s"
timeout = 2.5
[dependencies.orders-db]
url = "postgresql://app:${VARIABLE}@pg.svc,[::1]:5433/orders?sslmode=require"
critical = true
labels = { role = "primary" }
[dependencies."cache"]
type = "redis"
host = "cache.svc"
port = "${CACHE_PORT:-6380}"
critical = "${CRITICAL:-no}"
password = '''p"w'''
[dependencies.payment]
url = "http://pay.svc"
critical = true
expected_statuses = [200, 204]
basic_auth = ["app", "$${no}"]
[serve]
port = 8080
"""
EXAMPLES: Mapping[str, Sequence[str]] = {
    "an address of http": ["http://h", "https://u:p%40@h:8443/a?b=c", "http://[::1]:80"],
    "an address of grpc": ["grpc://h:50051", "grpcs://u:p@h"],
    "an address of tcp": ["tcp://h:1", "tcp://[::1]:22"],
    "an address of postgres": [
        "postgresql://u:p%40%3A@h1:5432,h2/db?sslmode=require&application_name=x",
        "postgres://u@h/db",
        "postgresql:///db?host=/run/pg&password=x",
        "jdbc:postgresql://h:5432/db?user=u&password=p",
        'Host=h;Port=5432;Username=u;Password="a;b";Database=db',
        "host=h port=5432 user=u password='a \\' b' dbname=db",
    ],
    "an address of mysql": [
        "mysql://u:p@h:3306/db",
        "jdbc:mysql://h/db?user=u&password=p",
        "Server=h;Port=3306;Uid=u;Pwd=p;Database=db",
    ],
    "an address of redis": ["redis://:p@h:6379/2", "rediss://u:p@h", "redis://h1,h2:6380"],
    "an address of amqp": ["amqp://u:p@h:5672/%2Fv", "amqps://h", "amqp://h"],
    "an address of kafka": ["kafka://h1:9092,h2:9092", "kafka://u:p@[::1]:9092"],
    "an address of ldap": ["ldap://h:389/dc=example,dc=org", "ldaps://cn%3Da:p@h"],
    "a host": ["h", "10.0.0.1", "::1", "a.b-c.example"],
    "a port": ["1", "65535"],
    "the environment": ["x", "1", "yes", "2s", "http://u:p@h:1", "/health", "10"],
    "the value of a label": ["", "a b", 'ü"\\'],
    "the name of a label": ["team", "a_1"],
    "the name of a dependency": ["orders-db", "x"],
    "the name of a service": ["orders-api", "x"],
    "the configuration file": [_GOOD_FILE],
    "a value in the configuration file": ["redis"],
    "an argument of the command": ["http://h/health?a=b", "password=x", "timeout=2s"],
}
"""What each accepts."""


def read(name: str, text: str) -> bool:
    """Have *text* read; whether it was accepted. Any other error than the one passes through."""
    try:
        READERS[name](text)
    except ConfigurationError:
        return False
    return True


def quietly() -> None:
    """Have no reader log what it finds irregular."""
    logging.getLogger("dephealth").setLevel(logging.CRITICAL)
