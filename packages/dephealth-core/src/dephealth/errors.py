"""The exceptions of dephealth: of its use, and those that a check may raise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from ._outcome import (
    AUTH_ERROR,
    CONNECTION_REFUSED,
    DNS_ERROR,
    ERROR,
    TIMEOUT,
    TLS_ERROR,
    Outcome,
    Status,
)


class ConfigurationError(ValueError):
    """What was declared cannot be checked (docs/configuration.md)."""


class PluginError(ConfigurationError):
    """An installed plugin is broken, or two of them claim the same thing."""


@contextmanager
def concerning(dependency: str) -> Iterator[None]:
    """Put the dependency's name before the message of a `ConfigurationError`."""
    try:
        yield
    except ConfigurationError as exc:
        prefix = f"dependency {dependency!r}: "
        if str(exc).startswith(prefix):
            raise
        raise type(exc)(prefix + str(exc)) from exc


class EndpointNotFoundError(LookupError):
    """The endpoint to be replaced is not among those that are checked."""

    def __init__(self, dep_name: str, host: str, port: str) -> None:
        super().__init__(f"dependency {dep_name!r} has no endpoint {host}:{port}")
        self.dep_name = dep_name
        self.host = host
        self.port = port

    def __reduce__(self) -> tuple[type[EndpointNotFoundError], tuple[str, str, str]]:
        return type(self), (self.dep_name, self.host, self.port)


class CheckError(Exception):
    """A check found something wrong and says what.

    Args:
        message: For people; goes to the log.
        status_category: One of the eight statuses (docs/metrics.md).
        status_detail: Refines it; the status's usual detail if not given.

    Raises:
        ValueError: The two do not go together.
    """

    usual: ClassVar[Outcome] = ERROR
    """What the class means if nothing else is said."""

    def __init__(
        self,
        message: str = "",
        status_category: str | None = None,
        status_detail: str | None = None,
    ) -> None:
        super().__init__(message)
        if status_category is not None:
            self.outcome = Outcome.of(status_category, status_detail)
        elif status_detail is not None:
            self.outcome = Outcome(self.usual.status, status_detail)
        else:
            self.outcome = self.usual

    @property
    def status_category(self) -> Status:
        """The status that the check found."""
        return self.outcome.status

    @property
    def status_detail(self) -> str:
        """The detail that refines the status."""
        return self.outcome.detail


class CheckTimeoutError(CheckError):
    """The dependency did not answer in time."""

    usual = TIMEOUT


class CheckConnectionRefusedError(CheckError):
    """Nobody listens there."""

    usual = CONNECTION_REFUSED


class CheckDnsError(CheckError):
    """The host's name does not resolve."""

    usual = DNS_ERROR


class CheckAuthError(CheckError):
    """The credentials are missing, wrong, or without the right to connect."""

    usual = AUTH_ERROR


class CheckTlsError(CheckError):
    """The TLS handshake or the certificate failed."""

    usual = TLS_ERROR


class UnhealthyError(CheckError):
    """The dependency answered, and says that it is not well."""

    def __init__(self, message: str = "", detail: str = "unhealthy") -> None:
        super().__init__(message, Status.UNHEALTHY, detail)


class NotYetError(Exception):
    """The application's object does not exist yet: there is nothing to check."""
