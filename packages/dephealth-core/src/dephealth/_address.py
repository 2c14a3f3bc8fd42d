"""URLs, connection strings and JDBC URLs: where a dependency is (docs/configuration.md).

No message here quotes what it read: any part of it may be a password that
should have been percent-encoded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from ._connection_string import parse_connection_string
from ._hosts import HINT, Host, paired, split_port, with_ports
from .errors import ConfigurationError

Schemes = Mapping[str, int | None]
"""URL schemes with their default ports; None if there is none."""

_URL = re.compile(r"(?P<jdbc>(?i:jdbc):)?(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*)://", re.ASCII)
_JDBC_OPTIONS = frozenset({"ssl", "sslmode"})
"""What is kept of the options of JDBC: the others are not the driver's here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What an address text says; nothing of it is quoted in a ``repr``."""

    scheme: str
    hosts: Sequence[Host]
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    path: str = field(default="", repr=False)
    """What follows the host, without the slash: a database, a vhost; decoded."""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    tls: bool = False


def scheme_of(text: str) -> str | None:
    """The scheme of a URL without ``jdbc:`` and ``+driver``; None if it is no URL."""
    match = _URL.match(text)
    return match["scheme"].lower().partition("+")[0] if match else None


def parse_address(
    text: str, schemes: Schemes, tls_schemes: Collection[str] = (), socket_port: int = 0
) -> Address:
    """Read *text* as the address of a type that has *schemes*.

    Args:
        tls_schemes: Those of the schemes that switch TLS on.
        socket_port: That of a unix socket without one.

    Raises:
        ConfigurationError: It is no address, or one of another type.
    """
    text = text.strip()
    match = _URL.match(text)
    if match is None:
        return _from_connection_string(text, schemes, socket_port)
    scheme = match["scheme"].lower().partition("+")[0]
    if scheme not in schemes:
        raise ConfigurationError(f"scheme {scheme!r:.40} is none of: {', '.join(schemes)}")
    rest, _, fragment = text[match.end() :].partition("#")
    rest, _, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    userinfo, _, hostlist = authority.rpartition("@")
    _reject_bare_characters(authority, userinfo, path, query, fragment)
    user, _, password = map(_decoded, userinfo.partition(":"))
    options = _options(query)
    if match["jdbc"]:
        user = user or options.get("user", "")
        password = password or options.get("password", "")
        options = {key: options[key] for key in options.keys() & _JDBC_OPTIONS}
    default_port = schemes[scheme]
    if hostlist:
        hosts = with_ports(
            [_host_and_port(item) for item in hostlist.split(",")], default_port, socket_port
        )
    elif "host" in options:  # as libpq has it
        listed = options.pop("host").split(",")
        hosts = paired(listed, options.pop("port", ""), default_port, socket_port)
    else:
        raise ConfigurationError(f"the URL has no host ({HINT})")
    return Address(
        scheme=scheme,
        hosts=hosts,
        username=user or None,
        password=password or None,
        path=_decoded(path),
        options=options,
        tls=scheme in tls_schemes,
    )


def _reject_bare_characters(
    authority: str, userinfo: str, path: str, query: str, fragment: str
) -> None:
    """Refuse what could be read as a URL, but as another one than was meant.

    ``://app:12/34@host`` would be the host ``app`` with the port 12: half of a
    password in a label.
    """
    if "@" in userinfo and "," in userinfo:
        raise ConfigurationError(f"the user or password has a bare '@' in it: {HINT}")
    cut_off = any("@" in part for part in (path, query.partition("=")[0], fragment))
    if cut_off and "@" not in authority and ":" in authority:
        raise ConfigurationError(f"there is a bare '@' after the host and port: {HINT}")


def _options(query: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=100, errors="strict"))
    except ValueError:
        raise ConfigurationError("the options after '?' cannot be read") from None


def _decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ConfigurationError("a percent-encoded part is not UTF-8") from None


def _host_and_port(text: str) -> tuple[str, str]:
    if text.count(":") > 1 and not text.startswith("["):
        raise ConfigurationError("an IPv6 address is written [address] or [address]:port")
    host, port = split_port(text)
    return _decoded(host), port


def _from_connection_string(text: str, schemes: Schemes, socket_port: int) -> Address:
    scheme, default_port = next(iter(schemes.items()), ("", None))
    found = parse_connection_string(text)
    if found is None:
        raise ConfigurationError(
            "the address is neither a URL (scheme://host:port) nor a connection string (Host=…)"
        )
    if not found.hosts:
        raise ConfigurationError("the connection string has no host")
    return Address(
        scheme=scheme,
        hosts=paired(found.hosts, found.port, default_port, socket_port),
        username=found.username,
        password=found.password,
        path=found.database or "",
        options=found.options,
    )
