"""asyncpg's own reading of the arguments of ``connect``, which it keeps to itself."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from asyncpg import connect_utils

from dephealth import ConfigurationError

Arguments = Mapping[str, Any]
"""The keywords of `asyncpg.connect`."""

_FAILURES = (asyncpg.InterfaceError, ValueError, TypeError, LookupError, AttributeError, OSError)


def addresses_in(arguments: Arguments) -> Sequence[Any]:
    """Where asyncpg would connect to: pairs of host and port, paths of sockets.

    Raises:
        ConfigurationError: That cannot be told.
    """
    # What is given here is not looked for in files.
    known = {"ssl": False, "direct_tls": False, "user": "-", "password": "-"}
    addresses, _ = _parse({**arguments, **known})
    return list(addresses)


def requires_tls(arguments: Arguments) -> bool:
    """Whether asyncpg would connect with TLS or not at all; False if that cannot be told."""
    try:
        _, parameters = _parse(arguments)
        return bool(parameters.ssl) and parameters.sslmode.name not in {"allow", "prefer"}
    except (ConfigurationError, AttributeError):
        return False


def _parse(arguments: Arguments) -> tuple[Any, Any]:
    try:
        parse = connect_utils._parse_connect_dsn_and_args  # noqa: SLF001  # no public one exists
        names = inspect.signature(parse).parameters
        addresses, parameters = parse(**{name: arguments.get(name) for name in names})
    except _FAILURES:
        # Without the cause: it may quote a part of a password.
        raise ConfigurationError("asyncpg does not tell what it makes of the arguments") from None
    return addresses, parameters
