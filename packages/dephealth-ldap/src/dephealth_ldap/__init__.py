"""Check that an LDAP directory answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dephealth import lazy_exports

if TYPE_CHECKING:
    from ._check import ldap_check
    from ._checker import LdapChecker

__all__ = ["LdapChecker", "ldap_check"]


def __getattr__(name: str) -> Any:
    return lazy_exports(__name__, name, {"LdapChecker": "._checker", "ldap_check": "._check"})
