"""One address of a dependency, and the labels that name it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ._labels import checked_labels, encodable, plain, shown
from .errors import ConfigurationError

_HOST = re.compile(r"[a-zA-Z0-9._-]+", re.ASCII)
_IPV6 = re.compile(r"[0-9a-fA-F:.]+(%[a-zA-Z0-9._~-]+)?", re.ASCII)
_MAX_HOST = 253
_MAX_HOST_LABEL = 63
_MAX_PORT = 65535
_PORT_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one instance of a dependency answers.

    Args:
        host: Name, address (IPv6 with or without brackets) or, for a unix
            socket, an absolute path.
        port: 1 to 65535; 0 for a unix socket that has none. Kept as text.
        labels: Custom labels of this endpoint's series; empty values are
            dropped, as a label that is not set.

    Raises:
        ConfigurationError: One of them cannot be (docs/configuration.md).
    """

    host: str
    port: str
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "host", checked_host(self.host))
        unix = self.host.startswith("/")
        object.__setattr__(self, "port", checked_port(self.port, lowest=0 if unix else 1))
        object.__setattr__(self, "labels", checked_labels(self.labels))

    def __reduce__(self) -> tuple[type[Endpoint], tuple[str, str, dict[str, str]]]:
        return type(self), (self.host, self.port, dict(self.labels))

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def checked_host(host: object) -> str:
    """*host* without the brackets of IPv6, if it can be one."""
    if host is None or host == "":
        raise ConfigurationError("host is missing")
    if not isinstance(host, str):
        raise ConfigurationError(f"host must be a text, not {type(host).__name__}")
    if host.startswith("/"):
        if "\0" in host:
            raise ConfigurationError("host is a path with a NUL in it")
        return encodable(host, "host")
    if len(host) > _MAX_HOST:
        raise _no_host_name()
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if bare is not host or ":" in bare:
        return _checked_ipv6(bare)
    try:
        ascii_host = bare if bare.isascii() else bare.encode("idna").decode()
    except UnicodeError:
        raise _no_host_name() from None
    labels = ascii_host.removesuffix(".").split(".")
    if len(ascii_host) > _MAX_HOST or not all(0 < len(x) <= _MAX_HOST_LABEL for x in labels):
        raise _no_host_name()
    if not _HOST.fullmatch(ascii_host):
        raise ConfigurationError("host has a character that no host name has (a URL goes to url=)")
    return plain(bare)


def _no_host_name() -> ConfigurationError:
    # Not quoted: what is there may be a password that went astray.
    return ConfigurationError(
        f"host is no host name: its parts must have 1 to {_MAX_HOST_LABEL} characters, "
        f"together at most {_MAX_HOST}"
    )


def _checked_ipv6(host: str) -> str:
    from ipaddress import AddressValueError, IPv6Address

    try:
        if not _IPV6.fullmatch(host):
            raise AddressValueError
        IPv6Address(host)
    except AddressValueError:
        raise ConfigurationError(
            "host has a colon but is no IPv6 address (port= is separate)"
        ) from None
    return plain(host)


def checked_port(port: object, lowest: int = 1) -> str:
    """*port* as decimal text without leading zeros, if it is one."""
    number = -1
    if isinstance(port, int) and not isinstance(port, bool):
        number = port
    elif isinstance(port, str) and port.isascii() and port.isdigit() and len(port) <= _PORT_DIGITS:
        number = int(port)
    if not lowest <= number <= _MAX_PORT:
        raise ConfigurationError(f"port {shown(port)} is no number from {lowest} to {_MAX_PORT}")
    return str(number)
