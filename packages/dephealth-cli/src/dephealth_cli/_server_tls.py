"""The certificate that `dephealth serve` answers with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dephealth import ConfigurationError

if TYPE_CHECKING:
    import ssl

    from ._config import ServeSettings


def server_context(at: ServeSettings) -> ssl.SSLContext | None:
    """What to serve TLS with; None if there is no certificate.

    Raises:
        ConfigurationError: The files cannot be used.
    """
    if at.tls_cert_file is None:
        return None
    import ssl

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    load_certificate(context, at)
    return context


def load_certificate(context: ssl.SSLContext, at: ServeSettings) -> None:
    """Answer with what is in the files now.

    Raises:
        ConfigurationError: The files cannot be used.
    """
    import ssl

    try:
        # Without a password given here, OpenSSL asks for one on the terminal.
        context.load_cert_chain(str(at.tls_cert_file), at.tls_key_file, password="")
    except (OSError, ValueError) as exc:
        reason = "not PEM of the right kind, not a pair, or encrypted"
        if isinstance(exc, OSError) and not isinstance(exc, ssl.SSLError):
            reason = exc.strerror or reason
        raise ConfigurationError(f"the certificate or its key cannot be used: {reason}") from exc
