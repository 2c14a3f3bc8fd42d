"""The headers that the user's options make (RFC 9110 section 5, RFC 7617, RFC 6750)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence

from dephealth import ConfigurationError, Endpoint

Header = tuple[bytes, bytes]

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNFIT = re.compile(r"[^\t\x20-\x7e\x80-\U0010ffff]")
_OF_A_BODY = frozenset({"content-length", "transfer-encoding"})


def own_headers(
    headers: object, bearer_token: object, basic_auth: object, host_header: str | None
) -> Sequence[Header]:
    """What the user wants sent, ready to send.

    Raises:
        ConfigurationError: It cannot be sent, or two of them set the same
            header. Quotes no value.
    """
    found = dict(_given(headers))
    names = [name.lower() for name in found]
    sources = [f"headers={{{name!r}: …}}" for name in found if name.lower() == "authorization"]
    if bearer_token:
        sources.append("bearer_token")
        found["Authorization"] = f"Bearer {_sendable(bearer_token, 'bearer_token')}"
    if basic_auth is not None:
        sources.append("basic_auth (or user and password in the URL)")
        found["Authorization"] = f"Basic {_basic(basic_auth)}"
    if len(sources) > 1:
        raise ConfigurationError(f"only one can set Authorization: {' or '.join(sources)}")
    if host_header:
        if "host" in names:
            raise ConfigurationError("only one can set Host: host_header or headers")
        found["Host"] = host_header
    return [(name.encode(), value.encode()) for name, value in found.items()]


def host_of(host_header: str) -> str:
    """The host in a ``Host`` header, without its port.

    Raises:
        ConfigurationError: It is none.
    """
    bare, colon, port = host_header.rpartition(":")
    if not colon or port.endswith("]"):
        bare, port = host_header, "1"
    try:
        if not bare.isascii() or "/" in bare or (":" in bare and not bare.startswith("[")):
            raise ConfigurationError("it is no host name in ASCII")
        return Endpoint(bare, port).host
    except ConfigurationError as exc:
        raise ConfigurationError(f"host_header must be a host or host:port: {exc}") from exc


def _given(headers: object) -> Mapping[str, str]:
    if headers is None:
        return {}
    if not isinstance(headers, Mapping):
        raise ConfigurationError(f"headers must be a mapping, not {type(headers).__name__}")
    for name in headers:
        if not (isinstance(name, str) and _NAME.fullmatch(name)):
            raise ConfigurationError(f"{name!r:.80} is no name of a header")
        if name.lower() in _OF_A_BODY:
            raise ConfigurationError(f"header {name!r} is about a body, and none is sent")
    return {name: _sendable(value, f"header {name!r}") for name, value in headers.items()}


def _sendable(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{what} must be a text, not {type(value).__name__}")
    if _UNFIT.search(value):
        raise ConfigurationError(f"{what} has a line break or another control character in it")
    return value.strip(" \t")


def _basic(pair: object) -> str:
    match pair:
        case (str() as user, str() as password):
            if ":" in user:
                raise ConfigurationError("the user of basic_auth must have no ':' in it (RFC 7617)")
            return base64.b64encode(f"{user}:{password}".encode()).decode()
    raise ConfigurationError("basic_auth must be (user, password), two texts")
