"""HTTP: one request; the status of the final answer counts."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from dephealth import (
    Address,
    CheckAuthError,
    Checker,
    CheckError,
    ConfigurationError,
    Endpoint,
    TLSOptions,
    UnhealthyError,
    option,
    reveal,
)

from ._exchange import exchange
from ._headers import Header, host_of, own_headers
from ._request import Request
from ._url import URL

_MOST_REDIRECTS = 10
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_STATUSES = range(100, 600)
_SUCCESSES = range(200, 300)
_DENIALS = frozenset({401, 403})

logger = logging.getLogger("dephealth")


@dataclass(frozen=True, kw_only=True)
class HTTPChecker(TLSOptions, Checker):
    """Ask for `health_path`; redirects are followed, and the body is not read.

    Each check makes a connection of its own: one that is kept is closed by the
    server at any time, which looks like a failure. What the user gave (headers,
    authorization, host_header, client certificate) is not shown to another
    origin that a redirect leads to.

    Raises:
        ConfigurationError: The options cannot be, or not together.
    """

    type: ClassVar[str] = "http"

    health_path: str = option(
        default="/health", env="HEALTH_PATH", help="what is asked for; begins with '/'"
    )
    method: str = option(default="GET", help="method of the request; no body is sent")
    expected_statuses: Collection[int] | None = option(
        default=None, kind=list, help="the statuses that pass instead of any 2xx"
    )
    headers: Mapping[str, str] | None = option(
        default=None, kind=dict, secret=True, help="further headers"
    )
    bearer_token: str | None = option(
        default=None, env="BEARER_TOKEN", secret=True, help="token for Authorization: Bearer"
    )
    basic_auth: tuple[str, str] | None = option(
        default=None,
        kind=list,
        env=("BASIC_USERNAME", "BASIC_PASSWORD"),
        secret=True,
        help="user and password for Authorization: Basic",
    )
    host_header: str | None = option(
        default=None,
        env="HOST_HEADER",
        help="the Host header and, with TLS, SNI and the name in the certificate",
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be asked, and hide the secrets."""
        super().__post_init__()
        if not str(self.health_path).startswith("/"):
            raise ConfigurationError("health_path must begin with '/'")
        if not _METHOD.fullmatch(self.method):
            raise ConfigurationError(f"method {self.method!r:.80} is no method of HTTP")
        object.__setattr__(self, "method", self.method.upper())
        object.__setattr__(self, "expected_statuses", _statuses(self.expected_statuses))
        self._server_name()
        self._own_headers()
        if self.tls:
            _ = self.ssl_context  # takes so long that a first check would look slow

    async def check(self, endpoint: Endpoint) -> None:
        """Return if the final answer has an expected status.

        Raises:
            CheckAuthError: It is 401 or 403.
            UnhealthyError: It is another one, as ``http_NNN``.
            CheckError: It is not HTTP, or there are too many or invalid redirects.
            OSError: There is none.
        """
        request = Request(
            self.method,
            URL.of(endpoint, self.health_path, tls=self.tls),
            self,
            self._own_headers(),
            self._server_name(),
        )
        for redirects in range(_MOST_REDIRECTS + 1):
            answer = await exchange(request)
            if answer.status in (self.expected_statuses or _SUCCESSES):
                return
            following = request.redirected(answer, self._without_certificate)
            if following is None:
                raise self._failure(answer.status, redirects)
            request = following
        raise CheckError(f"more than {_MOST_REDIRECTS} redirects")

    @classmethod
    def from_address(cls, address: Address) -> Mapping[str, Any]:
        """TLS, and user and password as basic_auth. The path counts for nothing."""
        if address.path or address.options:
            # Not quoted: paths and queries carry tokens.
            logger.warning(
                "%s:%s: the path and query of an http URL are ignored: "
                "health_path= says what is asked for",
                *address.hosts[0],
            )
        found: dict[str, Any] = {"tls": address.tls or None}
        if address.username is not None or address.password is not None:
            found["basic_auth"] = (address.username or "", address.password or "")
        return found

    @cached_property
    def _without_certificate(self) -> TLSOptions:
        if not self.tls_cert_file:
            return self
        return TLSOptions(tls_ca_file=self.tls_ca_file, tls_skip_verify=self.tls_skip_verify)

    def _own_headers(self) -> Sequence[Header]:
        return own_headers(
            reveal(self.headers),
            reveal(self.bearer_token),
            reveal(self.basic_auth),
            self.host_header,
        )

    def _server_name(self) -> str:
        return host_of(self.host_header) if self.host_header else ""

    def _failure(self, status: int, redirects: int) -> CheckError:
        wanted = f"one of {self.expected_statuses}" if self.expected_statuses else "2xx"
        after = f" after {redirects} redirects" if redirects else ""
        text = f"status {status}{after}, expected {wanted}"
        if status in _DENIALS:
            return CheckAuthError(text)
        if status in _STATUSES:
            return UnhealthyError(text, detail=f"http_{status}")
        return CheckError(f"{text} (and HTTP has no such status)")


def _statuses(given: object) -> tuple[int, ...] | None:
    """The expected statuses as numbers, whether a program or a text gave them."""
    if given is None:
        return None
    if isinstance(given, str) or not isinstance(given, Collection) or not given:
        raise ConfigurationError("expected_statuses must be a list of statuses that is not empty")
    known = {str(status): status for status in _STATUSES}
    try:
        return tuple(known[str(status)] for status in given)
    except KeyError as exc:
        raise ConfigurationError(f"expected_statuses: {exc} is no number from 100 to 599") from exc
