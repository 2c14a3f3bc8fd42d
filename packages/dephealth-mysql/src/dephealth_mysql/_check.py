"""``mysql_check`` and its options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dephealth import CheckOptions, Dependency, declare

from .plugin import SPEC

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack


class MySQLOptions(CheckOptions, total=False):
    """The keywords of `mysql_check` beside the common ones; `MySQLChecker` tells of them."""

    query: str | None
    pool: Any
    username: str | None
    password: str | None
    database: str | None
    params: Mapping[str, str] | None
    tls: bool | None
    tls_ca_file: str | None
    tls_cert_file: str | None
    tls_key_file: str | None
    tls_skip_verify: bool | None


def mysql_check(name: str, **options: Unpack[MySQLOptions]) -> Dependency:
    """Declare a dependency that is there if MySQL or MariaDB answers a query.

    Raises:
        ConfigurationError: It cannot be checked as declared (docs/configuration.md).
    """
    return declare(SPEC, name, options)
