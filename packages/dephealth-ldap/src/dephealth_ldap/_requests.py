"""What a check asks, as ldap3 encodes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

from ldap3 import ANONYMOUS, BASE, DEREF_ALWAYS, LEVEL, NO_ATTRIBUTES, SIMPLE, SUBTREE
from ldap3.core.exceptions import LDAPExceptionError
from ldap3.core.results import RESULT_SIZE_LIMIT_EXCEEDED, RESULT_SUCCESS
from ldap3.operation.bind import bind_operation
from ldap3.operation.extended import extended_operation
from ldap3.operation.search import search_operation
from ldap3.operation.unbind import unbind_operation
from ldap3.utils.asn1 import encode

from dephealth import ConfigurationError

SCOPES = {"base": BASE, "one": LEVEL, "sub": SUBTREE}


@dataclass(frozen=True, slots=True)
class Request:
    """One operation: its name, its encoding, and the result codes that are fine."""

    name: str
    operation: bytes = field(repr=False)  # a bind has the password in it
    fine: frozenset[int] = frozenset({RESULT_SUCCESS})


def bind(dn: str, password: str) -> Request:
    """Log in.

    Raises:
        ConfigurationError: The DN cannot be encoded, or the password has a character that
            LDAP does not allow.
    """
    with _encoding("bind_dn", dn), _encoding("bind_password"):
        return Request("bind", encode(bind_operation(3, SIMPLE, dn, password)))


def root_dse(seconds: int) -> Request:
    """Read the entry in which a server tells of itself (RFC 4512, section 5.1)."""
    return search("", "base", "(objectClass=*)", seconds)


@lru_cache(maxsize=256)
def search(base: str, scope: str, filter: str, seconds: int) -> Request:
    """Find one entry, and nothing of it.

    Args:
        base: The entry to begin at.
        scope: One of `SCOPES`.
        filter: As in RFC 4515.
        seconds: How long the server may search; 0 is no limit.

    Raises:
        ConfigurationError: The filter is none, or something cannot be encoded.
    """
    with _encoding("base_dn", base), _encoding("search_filter", filter):
        operation = search_operation(
            base,
            filter,
            SCOPES[scope],
            DEREF_ALWAYS,
            [NO_ATTRIBUTES],
            size_limit=1,
            time_limit=seconds,
            types_only=True,
            auto_escape=True,
            auto_encode=True,
        )
        return Request("search", encode(operation), _FOUND)


@contextmanager
def _encoding(option: str, text: str = "") -> Iterator[None]:
    try:
        text.encode()  # pyasn1 raises what it likes
        yield
    except UnicodeEncodeError:
        raise ConfigurationError(f"{option} cannot be encoded as UTF-8") from None
    except LDAPExceptionError as exc:
        raise ConfigurationError(f"{option} cannot be sent: {exc}") from exc


# That there is more than the one entry asked for is no failure.
_FOUND = frozenset({RESULT_SUCCESS, RESULT_SIZE_LIMIT_EXCEEDED})

ANONYMOUS_BIND = Request("bind", encode(bind_operation(3, ANONYMOUS)))
START_TLS = Request("StartTLS", encode(extended_operation("1.3.6.1.4.1.1466.20037")))
UNBIND: bytes = encode(unbind_operation())
