"""``http_check``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from dephealth import CheckOptions, Dependency, declare

from .plugin import SPEC

if TYPE_CHECKING:
    from typing import Unpack


class HTTPOptions(CheckOptions, total=False):
    """The keywords of `http_check`."""

    health_path: str | None
    method: str | None
    expected_statuses: Collection[int] | None
    headers: Mapping[str, str] | None
    bearer_token: str | None
    basic_auth: tuple[str, str] | None
    host_header: str | None
    tls: bool | None
    tls_ca_file: str | None
    tls_cert_file: str | None
    tls_key_file: str | None
    tls_skip_verify: bool | None


def http_check(name: str, **options: Unpack[HTTPOptions]) -> Dependency:
    """Declare a dependency that is there if its server answers with an expected status.

    Raises:
        ConfigurationError: It cannot be checked as declared (docs/configuration.md).
    """
    return declare(SPEC, name, options)
