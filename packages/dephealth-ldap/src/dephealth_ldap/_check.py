"""``ldap_check``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dephealth import CheckOptions, Dependency, declare

from .plugin import SPEC

if TYPE_CHECKING:
    from typing import Any, Unpack


class LdapOptions(CheckOptions, total=False):
    """The keywords of `ldap_check` (README.md)."""

    check_method: str | None
    bind_dn: str | None
    bind_password: str | None
    username: str | None
    password: str | None
    base_dn: str | None
    search_filter: str | None
    search_scope: str | None
    start_tls: bool | None
    client: Callable[[], Any] | Any
    """An `ldap3.Connection`; ldap3 has no types."""
    tls: bool | None
    tls_ca_file: str | None
    tls_cert_file: str | None
    tls_key_file: str | None
    tls_skip_verify: bool | None


def ldap_check(name: str, **options: Unpack[LdapOptions]) -> Dependency:
    """Declare a dependency that is there if an LDAP directory answers.

    Raises:
        ConfigurationError: It cannot be checked as declared (docs/configuration.md).
    """
    return declare(SPEC, name, options)
