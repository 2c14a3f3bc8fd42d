"""The options of a connection URL, as MySQL and aiomysql mean them."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping

from aiomysql.connection import charset_by_name

from dephealth import ConfigurationError, TLSOptions

DRIVER_S = ("charset", "auth_plugin", "program_name")
"""The options that aiomysql's ``connect`` takes under the same name."""

_FILES = ("ssl-ca", "ssl-cert", "ssl-key")
_SOCKETS = ("unix-socket", "socket")
_MODES = {
    **dict.fromkeys(("disabled", "disable", "none", "false", "off", "no", "0"), "DISABLED"),
    **dict.fromkeys(("preferred", "prefer"), "PREFERRED"),
    **dict.fromkeys(("required", "require", "true", "on", "yes", "1"), "REQUIRED"),
    "verifyca": "VERIFY_CA",
    **dict.fromkeys(("verifyidentity", "verifyfull"), "VERIFY_IDENTITY"),
}
"""MySQL's modes by what they are called there and elsewhere."""


def cleaned(params: object) -> dict[str, str]:
    """Those of *params* that a check has a use for, under one name each.

    Raises:
        ConfigurationError: They are no texts, or one of them cannot be followed.
    """
    if not isinstance(params, Mapping) or not all(
        isinstance(text, str) for item in params.items() for text in item
    ):
        raise ConfigurationError("params must be a mapping of texts to texts")
    given = {key.replace("_", "-").lower(): text for key, text in params.items() if text}
    if any(key in given for key in _SOCKETS):
        raise ConfigurationError("a unix socket is given as host='/run/…/mysqld.sock', port=0")
    kept = {name: given[name] for name in _FILES if name in given}
    kept |= {name: text for name in DRIVER_S if (text := given.get(name.replace("_", "-")))}
    charset = kept.get("charset")
    if charset is not None and charset_by_name(charset) is None:
        raise ConfigurationError("charset is none that aiomysql knows")
    mode = given.get("ssl-mode") or given.get("sslmode") or given.get("ssl")
    return {**kept, "ssl-mode": _mode(mode)} if mode else kept


def _mode(text: str) -> str:
    try:
        return _MODES[re.sub("[-_]", "", text.lower())]
    except KeyError:
        # Not quoted: it may be a part of a password that should have been percent-encoded.
        known = ", ".join(dict.fromkeys(_MODES.values()))
        raise ConfigurationError(f"ssl-mode is none of: {known}") from None


def tls_asked_for(params: Mapping[str, str]) -> tuple[ssl.SSLContext | None, bool]:
    """The context that cleaned *params* ask for, None if for no TLS; whether it must be used.

    Raises:
        ConfigurationError: A file cannot be read, or is not what it should be.
    """
    files = [params.get(name) for name in _FILES]
    usual = "VERIFY_CA" if files[0] else "PREFERRED" if any(files) else "DISABLED"
    mode = params.get("ssl-mode", usual)
    if mode == "DISABLED":
        return None, False
    verify = mode.startswith("VERIFY")
    context = TLSOptions(
        tls_ca_file=files[0],
        tls_cert_file=files[1],
        tls_key_file=files[2],
        tls_skip_verify=not verify,
    ).ssl_context
    context.check_hostname = mode == "VERIFY_IDENTITY"
    return context, mode != "PREFERRED"
