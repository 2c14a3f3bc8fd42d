"""``redis_check``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dephealth import CheckOptions, Dependency, declare

from .plugin import SPEC

if TYPE_CHECKING:
    from typing import Unpack


class RedisOptions(CheckOptions, total=False):
    """The keywords of `redis_check` beside the common ones; `RedisChecker` tells of them."""

    username: str | None
    password: str | None
    db: int | None
    client: Any
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
