"""What this package tells dephealth; imports no more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dephealth import CheckerSpec, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from dephealth import Dependency

    from ._checker import LdapChecker


def _checker() -> type[LdapChecker]:
    from ._checker import LdapChecker

    return LdapChecker


def _check() -> Callable[..., Dependency]:
    from ._check import ldap_check

    return ldap_check


SPEC = CheckerSpec(
    type="ldap",
    schemes={"ldap": 389, "ldaps": 636},
    tls_schemes=frozenset({"ldaps"}),
    checker=_checker,
    check=_check,
)


@hookimpl
def dephealth_checkers() -> list[CheckerSpec]:
    """LDAP."""
    return [SPEC]
