"""Lists of hosts, each with its port (docs/configuration.md)."""

from __future__ import annotations

from collections.abc import Sequence

from ._endpoint import checked_host, checked_port
from .errors import ConfigurationError

Host = tuple[str, str]

HINT = "'/', '?', '#' and '@' in a user, password or path must be percent-encoded"


def paired(
    hosts: Sequence[str], ports: str, default_port: int | None, socket_port: int = 0
) -> list[Host]:
    """*hosts* with *ports*, separated by commas, or with those behind their own colons."""
    if not ports:
        return with_ports([split_port(host) for host in hosts], default_port, socket_port)
    listed = [port.strip() for port in ports.split(",")]
    if len(listed) == 1:
        listed *= len(hosts)
    if len(listed) != len(hosts):
        raise ConfigurationError(f"{len(hosts)} hosts but {len(listed)} ports are given")
    return with_ports(list(zip(hosts, listed, strict=True)), default_port, socket_port)


def with_ports(
    pairs: Sequence[tuple[str, str]], default_port: int | None, socket_port: int = 0
) -> list[Host]:
    """Hosts and ports, checked.

    A host without a port takes the first one's if that alone has one, a unix
    socket *socket_port*.
    """
    first_alone = bool(pairs[0][1]) and not any(port for _, port in pairs[1:])
    usual = pairs[0][1] if first_alone else str(default_port or "")
    return [
        _checked(host, port or (str(socket_port) if host.startswith("/") else usual))
        for host, port in pairs
    ]


def _checked(host: str, port: str) -> Host:
    if not port:
        raise ConfigurationError("the port is missing, and there is no default for it")
    try:
        checked = checked_host(host)
        return checked, checked_port(port, lowest=0 if checked.startswith("/") else 1)
    except ConfigurationError:
        # Neither is quoted: either may be a piece of a password.
        raise ConfigurationError(
            "host or port is not valid: a host name or address and a port "
            f"from 1 to 65535 are needed ({HINT})"
        ) from None


def split_port(text: str) -> tuple[str, str]:
    """*text* as host and port, ``""`` if it has none.

    An IPv6 address may stand without brackets, but only by itself.
    """
    if text.startswith("["):
        host, bracket, port = text.partition("]")
        if not bracket or port[:1] not in {"", ":"}:
            raise ConfigurationError("an IPv6 address is written [address] or [address]:port")
        return host + bracket, port[1:]
    if text.startswith("/") or text.count(":") > 1:
        return text, ""
    host, _, port = text.partition(":")
    return host, port
