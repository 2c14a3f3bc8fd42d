"""``grpc_check``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dephealth import CheckOptions, Dependency, declare

from .plugin import SPEC

if TYPE_CHECKING:
    from typing import Unpack


class GRPCOptions(CheckOptions, total=False):
    """The keywords of `grpc_check`."""

    service_name: str | None
    metadata: Mapping[str, str | bytes] | None
    bearer_token: str | None
    basic_auth: tuple[str, str] | None
    authority: str | None
    tls: bool | None
    tls_ca_file: str | None
    tls_cert_file: str | None
    tls_key_file: str | None
    tls_skip_verify: bool | None


def grpc_check(name: str, **options: Unpack[GRPCOptions]) -> Dependency:
    """Declare a dependency that is there if its server says that it is serving.

    Raises:
        ConfigurationError: It cannot be checked as declared (docs/configuration.md).
    """
    return declare(SPEC, name, options)
