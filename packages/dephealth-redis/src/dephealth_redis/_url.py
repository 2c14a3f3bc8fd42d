"""The options of a URL that are redis-py's own."""

from __future__ import annotations

from typing import Any

from dephealth import Address, ConfigurationError

_FALSE = frozenset({"", "0", "f", "false", "n", "no"})
_VERIFYING = {"none": False, "optional": True, "required": True}


def options_in(address: Address) -> dict[str, Any]:
    """The checker's options that *address* sets beside those that every type has.

    Those about pools, timeouts and decoding are of no use to a check and are
    left out.

    Raises:
        ConfigurationError: A value is none that redis-py takes.
    """
    given = address.options
    return {
        "username": address.username or given.get("username"),
        "password": address.password or given.get("password"),
        "db": database(given.get("db") or address.path.strip("/") or None),
        "tls": address.tls or _flag(given.get("ssl")),
        "tls_ca_file": given.get("ssl_ca_certs"),
        "tls_cert_file": given.get("ssl_certfile"),
        "tls_key_file": given.get("ssl_keyfile"),
        "tls_skip_verify": _skip_verify(given.get("ssl_cert_reqs")),
        "tls_check_hostname": _flag(given.get("ssl_check_hostname")),
    }


def database(value: object) -> int | None:
    """*value* as the number of a database.

    Raises:
        ConfigurationError: It is none; not quoted, since it may be a part of a
            password that was not percent-encoded.
    """
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ConfigurationError("db must be a whole number from 0: db=2, or redis://host/2")


def _flag(text: str | None) -> bool | None:
    return None if text is None else text.lower() not in _FALSE


def _skip_verify(text: str | None) -> bool | None:
    if text is None:
        return None
    # Celery writes CERT_NONE.
    verifying = _VERIFYING.get(text.lower().removeprefix("cert_"))
    if verifying is None:
        raise ConfigurationError("ssl_cert_reqs must be none, optional or required")
    return not verifying
