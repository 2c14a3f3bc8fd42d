"""What is asked, and what is asked next after a redirect (RFC 9110 section 15.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dephealth import CheckError, TLSOptions, __version__

from ._headers import Header
from ._url import URL

_USUAL: Sequence[Header] = (
    (b"User-Agent", f"dephealth/{__version__}".encode()),
    (b"Accept", b"*/*"),
    (b"Connection", b"close"),
)
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Answer:
    """What of a response counts."""

    status: int
    location: bytes | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `headers`, `server_name` and the certificate in `tls` are for one origin only.

    `server_name` is the name that the server's certificate must have, "" for
    that of its host.
    """

    method: str
    url: URL
    tls: TLSOptions
    headers: Sequence[Header] = field(default=(), repr=False)
    server_name: str = ""

    def all_headers(self) -> list[Header]:
        """Those of the user, and the usual ones that they do not replace."""
        own = {name.lower() for name, _ in self.headers}
        usual = [(b"Host", self.url.authority.encode()), *_USUAL]
        if self.method in _WITH_BODY:
            usual.append((b"Content-Length", b"0"))
        return [*(header for header in usual if header[0].lower() not in own), *self.headers]

    def redirected(self, answer: Answer, stranger: TLSOptions) -> Request | None:
        """What to ask after *answer*; None if it is no redirect.

        Another origin learns nothing that the user gave: no header, and no
        certificate but what is in *stranger*. Nor does the first one again,
        once it was left.

        Raises:
            CheckError: The location is no http or https URL.
        """
        if answer.status not in _REDIRECTS or answer.location is None:
            return None
        try:
            url = self.url.join(answer.location.decode("utf-8", "surrogateescape"))
        except ValueError:
            # Not quoted, and without its cause, which quotes it: locations carry tokens.
            raise CheckError(
                f"status {answer.status} redirects to what is no valid http or https URL"
            ) from None
        method = _next_method(self.method, answer.status)
        if url.same_origin(self.url):
            return replace(self, method=method, url=url)
        return Request(method, url, stranger)


def _next_method(method: str, status: int) -> str:
    """As browsers do it (Fetch standard, "HTTP-redirect fetch")."""
    if status == 303:  # noqa: PLR2004
        return method if method in {"GET", "HEAD"} else "GET"
    return "GET" if status in {301, 302} and method == "POST" else method
