"""Connection strings: ``Host=h;Port=1;…`` and libpq's ``host=h port=1 …``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_HOST_KEYS = ("host", "server", "datasource", "address", "addr", "networkaddress", "hostaddr")
_USER_KEYS = ("username", "user", "userid", "uid")
_PASSWORD_KEYS = ("password", "pwd")
_DATABASE_KEYS = ("database", "initialcatalog", "dbname")
_KNOWN_KEYS = frozenset(
    {*_HOST_KEYS, *_USER_KEYS, *_PASSWORD_KEYS, *_DATABASE_KEYS, "port", "ssl", "sslmode"}
)
_LIBPQ_VALUES = {"verifyca": "verify-ca", "verifyfull": "verify-full"}

_ADO_PAIR = re.compile(
    r"""[;\s]*([^=;\s][^=;]*)=\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|[^;]*)\s*(?:;|$)"""
)
_LIBPQ_PAIR = re.compile(
    r"""\s*(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|(?!')(?:[^\s\\]|\\.)*)(?=\s|$)""", re.DOTALL
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionString:
    """What a connection string says, its parts not yet checked."""

    hosts: Sequence[str]
    port: str
    username: str | None = field(repr=False)
    password: str | None = field(repr=False)
    database: str | None = field(repr=False)
    options: Mapping[str, str] = field(repr=False)


def parse_connection_string(text: str) -> ConnectionString | None:
    """Read *text*, in whichever of the two forms it is; None if in neither.

    Of the options of the first form only those about TLS are kept: the others
    are those of another ecosystem's driver.
    """
    ado, libpq = _ado(text), _libpq(text)
    if ado is not None:
        found = _connection(ado)
        # Read as this form, a string of libpq has its spaces in the host, or no host.
        if libpq is None or (found.hosts and not any(map(_SPACE.search, found.hosts))):
            return found
    return None if libpq is None else _connection(libpq)


def _connection(pairs: dict[str, str]) -> ConnectionString:
    host, port = _take(pairs, *_HOST_KEYS) or "", pairs.pop("port", "")
    hosts = [item.strip() for item in host.split(",")] if host else []
    if not port and len(hosts) == 2 and hosts[1].isdigit():  # noqa: PLR2004  # host,port
        port = hosts.pop()
    return ConnectionString(
        hosts=hosts,
        port=port,
        username=_take(pairs, *_USER_KEYS),
        password=_take(pairs, *_PASSWORD_KEYS),
        database=_take(pairs, *_DATABASE_KEYS),
        options=pairs,
    )


def _take(pairs: dict[str, str], *keys: str) -> str | None:
    values = [pairs.pop(key) for key in keys if key in pairs]
    return next((value for value in values if value), None)


def _ado(text: str) -> dict[str, str] | None:
    pairs: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _ADO_PAIR.match(text, at)
        if match is None:
            if text[at:].strip("; "):
                return None
            break
        key = "".join(match[1].split()).replace("_", "").lower()
        pairs[key] = _unquoted(match[2].strip())
        at = match.end()
    for key in ("ssl", "sslmode"):
        if key in pairs:
            value = pairs[key].lower()
            pairs[key] = _LIBPQ_VALUES.get(value, value)
    return {key: pairs[key] for key in pairs if key in _KNOWN_KEYS} if pairs else None


def _unquoted(value: str) -> str:
    quote = value[:1]
    if len(value) > 1 and quote in {'"', "'"} and value.endswith(quote):
        return value[1:-1].replace(quote * 2, quote)
    return value


def _libpq(text: str) -> dict[str, str] | None:
    pairs: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _LIBPQ_PAIR.match(text, at)
        if match is None:
            return None
        value = match[2]
        if value.startswith("'"):
            value = value[1:-1]
        pairs[match[1].lower()] = _ESCAPED.sub(r"\1", value)
        at = match.end()
    return pairs or None
