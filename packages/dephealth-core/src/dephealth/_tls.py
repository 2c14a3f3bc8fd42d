"""The options of TLS that every checker with TLS has, and the context they make."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from ._options import option
from .errors import ConfigurationError


@dataclass(frozen=True, kw_only=True)
class TLSOptions:
    """Fields for a checker's dataclass: ``class HTTPChecker(TLSOptions, Checker)``."""

    tls: bool = option(default=False, kind=bool, help="use TLS; on by itself with a TLS scheme")
    tls_ca_file: str | None = option(
        default=None, help="PEM file of the authorities to trust instead of the system's"
    )
    tls_cert_file: str | None = option(default=None, help="PEM file of the client certificate")
    tls_key_file: str | None = option(
        default=None, help="PEM file of the client's key, if it is not in tls_cert_file"
    )
    tls_skip_verify: bool = option(
        default=False, kind=bool, help="accept any certificate (expired, wrong name, untrusted)"
    )

    def __post_init__(self) -> None:
        """Read the files: what is wrong with them is told at start."""
        following = getattr(super(), "__post_init__", None)
        if following is not None:
            following()
        if self.tls_ca_file or self.tls_cert_file or self.tls_key_file:
            _ = self.ssl_context

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        """The context that these options make. Drivers may change it: one for each checker.

        Raises:
            ConfigurationError: A file cannot be read, or is not what it should be.
        """
        if self.tls_key_file and not self.tls_cert_file:
            raise ConfigurationError("tls_key_file needs tls_cert_file")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.tls_skip_verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif self.tls_ca_file:
            with _reading(tls_ca_file=self.tls_ca_file):
                context.load_verify_locations(self.tls_ca_file)
        else:
            context.load_default_certs()
        if self.tls_cert_file:
            with _reading(tls_cert_file=self.tls_cert_file, tls_key_file=self.tls_key_file):
                # Without a password given here, OpenSSL asks for one on the terminal.
                context.load_cert_chain(self.tls_cert_file, self.tls_key_file, password="")
        else:
            # Private, and there is nothing else that tells; without it nothing is told.
            context._msg_callback = _on_message  # type: ignore[attr-defined]  # noqa: SLF001
        return context


_HANDSHAKE, _CERTIFICATE_REQUEST = 22, 13
"""A type of record and one of message in TLS (RFC 8446, 5.1 and 4.3.2)."""

_MOST_HEARD = 500
"""Messages of one connection; a handshake has about 20, a server that floods has no end."""

_asked: WeakSet[Any] = WeakSet()
"""The connections whose servers have asked for a certificate."""
_heard: WeakKeyDictionary[Any, int] = WeakKeyDictionary()


def lacks_certificate(connection: Any) -> bool:
    """Whether the server has asked for a certificate, and there is none to show.

    In TLS 1.3 a server that insists on one says so only after the client has
    done its part. Many close without a word, and the word of others is lost if
    the client is writing when the connection is reset. So this is why, if
    *connection* ends before the server's first answer.

    Args:
        connection: An `ssl.SSLSocket` or `ssl.SSLObject` whose context is that
            of `TLSOptions`; others are never known to lack one.
    """
    return connection is not None and connection in _asked


def _on_message(
    connection: Any, direction: str, _version: int, record: int, message: int, _data: bytes
) -> None:
    if direction == "read" and (record, message) == (_HANDSHAKE, _CERTIFICATE_REQUEST):
        _asked.add(connection)
    _heard[connection] = heard = _heard.get(connection, 0) + 1
    if heard > _MOST_HEARD:
        # OpenSSL reads all it has in one call: the event loop must not wait for Python so often.
        connection.context._msg_callback = None  # noqa: SLF001


@contextmanager
def _reading(**files: str | None) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as exc:  # an ssl.SSLError is both
        names = " and ".join(f"{name} {path!r}" for name, path in files.items() if path)
        reason = "not PEM of the right kind, not a pair, or encrypted"
        if isinstance(exc, OSError) and not isinstance(exc, ssl.SSLError):
            reason = exc.strerror or reason
        raise ConfigurationError(f"{names} cannot be used: {reason}") from exc
