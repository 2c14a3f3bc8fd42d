"""``redis_check``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dephealth import CheckOptions, Dependency, declare

from .plugin import SPEC

if TYPE_CHECKING:
    from typing import Any, Unpack

    from ._source import Client


class RedisOptions(CheckOptions, total=False):
    """The keywords of `redis_check` (README.md)."""

    username: str | None
    password: str | None
    db: int | None
    # Any: redis-py's Redis is generic in some versions.
    client: Client | Callable[[], Client | None] | Any
    tls: bool | None
    tls_ca_file: str | None
    tls_cert_file: str | None
    tls_key_file: str | None
    tls_skip_verify: bool | None
    tls_check_hostname: bool | None


def redis_check(name: str, **options: Unpack[RedisOptions]) -> Dependency:
    """Declare a dependency that is there if Redis answers PING.

    Raises:
        ConfigurationError: It cannot be checked as declared (docs/configuration.md).
    """
    return declare(SPEC, name, options)
