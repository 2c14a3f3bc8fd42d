"""What a call says besides its message.

gRPC's doc/PROTOCOL-HTTP2.md ("Requests"); RFC 6750, RFC 7617 for authorization.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence

from dephealth import ConfigurationError

Metadatum = tuple[str, str | bytes]

AUTHORITY = ":authority"
_AUTHORIZATION = "authorization"
_BINARY = "-bin"
_KEY = re.compile(r"[0-9a-z_.-]+")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_OF_GRPC = frozenset({"te", "content-type", "content-length"})
_NOT_IN_HTTP2 = frozenset(
    {"connection", "host", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}
)


def own_metadata(
    metadata: object, bearer_token: object, basic_auth: object, authority: str | None
) -> Sequence[Metadatum]:
    """What the user wants sent, ready to send, ``:authority`` among it.

    Raises:
        ConfigurationError: It cannot be sent, or two of them set the same. Quotes no value.
    """
    found = list(_given(metadata))
    sources = [f"metadata={{{key!r}: …}}" for key, _ in found if key == _AUTHORIZATION]
    if bearer_token:
        sources.append("bearer_token")
        found.append((_AUTHORIZATION, f"Bearer {_text(bearer_token, 'bearer_token')}"))
    if basic_auth is not None:
        sources.append("basic_auth (or user and password in the URL)")
        found.append((_AUTHORIZATION, f"Basic {_basic(basic_auth)}"))
    if len(sources) > 1:
        raise ConfigurationError(f"only one can set authorization: {' or '.join(sources)}")
    if authority:
        found.append((AUTHORITY, authority))
    if [key for key, _ in found].count(AUTHORITY) > 1:
        raise ConfigurationError("only one can set :authority: authority or metadata")
    return found


def _given(metadata: object) -> Iterator[Metadatum]:
    if metadata is None:
        return
    if not isinstance(metadata, Mapping):
        raise ConfigurationError(f"metadata must be a mapping, not {type(metadata).__name__}")
    for name, value in metadata.items():
        key = name.lower() if isinstance(name, str) else ""
        if key != AUTHORITY and not _KEY.fullmatch(key):
            raise ConfigurationError(f"{name!r:.80} is no key of metadata")
        if key in _OF_GRPC or key.startswith("grpc-"):
            raise ConfigurationError(f"metadata {key!r} is for gRPC itself to set")
        if key in _NOT_IN_HTTP2:
            raise ConfigurationError(f"metadata {key!r} does not exist in HTTP/2")
        sendable = _bytes if key.endswith(_BINARY) else _text
        yield key, sendable(value, f"metadata {key!r}")


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{what} must be a text, not {type(value).__name__}")
    if not _PRINTABLE.fullmatch(value):
        raise ConfigurationError(f"{what} has a character in it that is not printable ASCII")
    return value.strip(" ")


def _bytes(value: object, what: str) -> bytes:
    if not isinstance(value, bytes):
        raise ConfigurationError(f"{what} must be bytes, not {type(value).__name__}")
    return value


def _basic(pair: object) -> str:
    match pair:
        case (str() as user, str() as password):
            if ":" in user:
                raise ConfigurationError("the user of basic_auth must have no ':' in it (RFC 7617)")
            return base64.b64encode(f"{user}:{password}".encode()).decode()
    raise ConfigurationError("basic_auth must be (user, password), two texts")
