"""Connection strings: ``Host=h;Port=1;…`` and libpq's ``host=h port=1 …``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_HOST_KEYS = ("host", "server", "datasource", "address", "addr", "networkaddress")
_USER_KEYS = ("username", "user", "userid", "uid")
_PASSWORD_KEYS = ("password", "pwd")
_DATABASE_KEYS = ("database", "initialcatalog", "dbname")
_KEPT = frozenset({"ssl", "sslmode"})
_LIBPQ_MODES = {"verifyca": "verify-ca", "verifyfull": "verify-full"}

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

    libpq: bool
    hosts: Sequence[str]
    port: str
    username: str | None = field(repr=False)
    password: str | None = field(repr=False)
    database: str | None = field(repr=False)
    options: Mapping[str, str] = field(repr=False)


def parse_connection_string(text: str) -> ConnectionString | None:
    """Read *text*, in whichever of the two forms it is; None if in neither."""
    libpq = _libpq(text)
    if libpq is not None and ";" not in text:
        return _libpq_string(libpq)
    ado = _ado(text)
    if ado is not None:
        found = _ado_string(ado)
        # A libpq string may have a ';' in a password.
        if libpq is None or (found.hosts and not any(map(_SPACE.search, found.hosts))):
            return found
    return None if libpq is None else _libpq_string(libpq)


def _libpq_string(pairs: dict[str, str]) -> ConnectionString:
    # Keys are lower-case in libpq; `Server=h` alone is the other form, and reads the same.
    lower = {key.lower(): value for key, value in pairs.items()}
    hosts = _take(lower, *_HOST_KEYS, "hostaddr")
    split = _sql_server_style(hosts) if hosts and "port" not in lower else None
    return ConnectionString(
        libpq=True,
        hosts=[split[0]] if split else _items(hosts),
        port=split[1] if split else lower.pop("port", ""),
        username=_take(lower, *_USER_KEYS),
        password=_take(lower, *_PASSWORD_KEYS),
        database=_take(lower, *_DATABASE_KEYS),
        options=lower,
    )


def _ado_string(pairs: dict[str, str]) -> ConnectionString:
    host = _take(pairs, *_HOST_KEYS)
    port = pairs.pop("port", "")
    split = _sql_server_style(host) if host and not port else None
    return ConnectionString(
        libpq=False,
        hosts=[split[0]] if split else _items(host),
        port=split[1] if split else port,
        username=_take(pairs, *_USER_KEYS),
        password=_take(pairs, *_PASSWORD_KEYS),
        database=_take(pairs, *_DATABASE_KEYS),
        options={name: _mode(pairs[name].lower()) for name in pairs.keys() & _KEPT},
    )


def _mode(value: str) -> str:
    return _LIBPQ_MODES.get(value, value)


def _sql_server_style(host: str) -> tuple[str, str] | None:
    """``h,5432`` as host and port."""
    name, comma, port = host.partition(",")
    return (name.strip(), port.strip()) if comma and port.strip().isdigit() else None


def _items(hosts: str | None) -> list[str]:
    return [host.strip() for host in hosts.split(",")] if hosts else []


def _take(pairs: dict[str, str], *keys: str) -> str | None:
    values = [pairs.pop(key) for key in keys if key in pairs]
    return next((value for value in values if value), None)


def _ado(text: str) -> dict[str, str] | None:
    pairs: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _ADO_PAIR.match(text, at)
        if match is None:
            return None if text[at:].strip("; ") else pairs or None
        value = match[2].strip()
        if value[:1] in {'"', "'"} and value[-1:] == value[:1] and len(value) > 1:
            quote = value[0]
            value = value[1:-1].replace(quote * 2, quote)
        pairs["".join(match[1].split()).replace("_", "").lower()] = value
        at = match.end()
    return pairs or None


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
        pairs[match[1]] = _ESCAPED.sub(r"\1", value)
        at = match.end()
    return pairs or None
