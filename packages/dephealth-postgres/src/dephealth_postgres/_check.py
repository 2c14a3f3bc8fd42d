"""``postgres_check`` and its options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dephealth import CheckOptions, Dependency, declare

from .plugin import SPEC

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack


class PostgresOptions(CheckOptions, total=False):
    """The keywords of `postgres_check` beside the common ones; `PostgresChecker` tells of them."""

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


def postgres_check(name: str, **options: Unpack[PostgresOptions]) -> Dependency:
    """Declare a dependency that is there if PostgreSQL answers a query.

    Raises:
        ConfigurationError: It cannot be checked as declared (docs/configuration.md).
    """
    return declare(SPEC, name, options)
